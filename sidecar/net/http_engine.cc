#include "net/http_engine.h"

// libwebsockets.h defines _DEBUG unless NDEBUG is set, which changes what it declares: it is
// included in no header of ours.
#include <fcntl.h>
#include <libwebsockets.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

#include "base/check.h"
#include "net/loop.h"

namespace sidecar {

namespace {

constexpr uint16_t kHeadBytesMax = 4096;
constexpr unsigned kReadBytes = 64 * 1024;  // one buffer for all connections
/// lws_context_destroy closes uv handles that are gone only turns later: the sockets' in the turn
/// of the call, the library's own in the next, and their callbacks in the one after that.
constexpr int kTurnsToClose = 4;

// The library has one log for the process, and its callback carries no pointer of ours.
std::function<void(int, std::string_view)>& log_target() {
  static std::function<void(int, std::string_view)> target;
  return target;
}

void write_log(int level, const char* line) {
  if (!log_target()) {
    return;
  }
  std::string_view text(line);
  text = text.substr(0, text.find_last_not_of("\r\n") + 1);
  log_target()(level, text);
}

struct MethodToken {
  lws_token_indexes token;
  std::string_view name;
};
constexpr std::array<MethodToken, 7> kMethods = {{
    {WSI_TOKEN_POST_URI, "POST"},
    {WSI_TOKEN_GET_URI, "GET"},
    {WSI_TOKEN_OPTIONS_URI, "OPTIONS"},
    {WSI_TOKEN_HEAD_URI, "HEAD"},
    {WSI_TOKEN_PUT_URI, "PUT"},
    {WSI_TOKEN_PATCH_URI, "PATCH"},
    {WSI_TOKEN_DELETE_URI, "DELETE"},
}};

/// A request head copied out of the library; the views of head() live as long as the reader.
class HeadReader {
 public:
  explicit HeadReader(lws* wsi) : wsi_(wsi) {
    for (const MethodToken& method : kMethods) {
      if (lws_hdr_total_length(wsi, method.token) > 0) {
        raw_.head.method = method.name;
        raw_.head.path = copy(method.token);
        break;
      }
    }
    raw_.head.host = copy(WSI_TOKEN_HOST);
    raw_.head.origin = copy(WSI_TOKEN_ORIGIN);
    raw_.head.content_type = copy(WSI_TOKEN_HTTP_CONTENT_TYPE);
    raw_.head.is_upgrade = lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) > 0;
    raw_.head.peer_fd = lws_get_socket_fd(wsi);
    raw_.version = copy(WSI_TOKEN_HTTP);
    raw_.content_length = copy(WSI_TOKEN_HTTP_CONTENT_LENGTH);
    raw_.transfer_encoding = copy(WSI_TOKEN_HTTP_TRANSFER_ENCODING);
    raw_.upgrade = copy(WSI_TOKEN_UPGRADE);
    raw_.expect = copy(WSI_TOKEN_HTTP_EXPECT);
    raw_.websocket_version = copy(WSI_TOKEN_VERSION);
    raw_.websocket_key = copy(WSI_TOKEN_KEY);
    raw_.head.deadline_ms = copy("x-rpc-deadline-ms:");
    raw_.head.provider = copy("x-rpc-provider:");
    raw_.head.explain = copy("x-rpc-explain:");
    const bool is_ambiguous = raw_.is_ambiguous;
    raw_.head.query = copy_query();
    raw_.head.accept = copy(WSI_TOKEN_HTTP_ACCEPT);
    raw_.connection = copy(WSI_TOKEN_CONNECTION);
    raw_.is_ambiguous = is_ambiguous;  // these may come twice; the first is heeded
  }

  const HttpRawHead& head() const { return raw_; }

 private:
  /// The first of that name; a second one makes the head ambiguous.
  std::string_view copy(lws_token_indexes token) {
    if (lws_hdr_total_length(wsi_, token) <= 0) {
      return {};
    }
    if (lws_hdr_fragment_length(wsi_, token, 1) > 0) {
      raw_.is_ambiguous = true;
    }
    char* start = text_.data() + used_;
    const int room = static_cast<int>(text_.size() - used_);
    return taken(lws_hdr_copy_fragment(wsi_, start, room, token, 0));
  }

  /// What follows the question mark; the library keeps it in pieces, without the ampersands.
  std::string_view copy_query() {
    const size_t start = used_;
    for (int i = 0; lws_hdr_fragment_length(wsi_, WSI_TOKEN_HTTP_URI_ARGS, i) > 0; ++i) {
      if (i > 0 && used_ + 1 < text_.size()) {
        text_[used_++] = '&';
      }
      const int room = static_cast<int>(text_.size() - used_);
      taken(lws_hdr_copy_fragment(wsi_, text_.data() + used_, room, WSI_TOKEN_HTTP_URI_ARGS, i));
    }
    return {text_.data() + start, used_ - start};
  }

  /// A header that the library has no number for; of several the last. `name`: in small letters.
  std::string_view copy(std::string_view name) {
    const int name_bytes = static_cast<int>(name.size());
    if (lws_hdr_custom_length(wsi_, name.data(), name_bytes) <= 0) {
      return {};
    }
    char* start = text_.data() + used_;
    const int room = static_cast<int>(text_.size() - used_);
    return taken(lws_hdr_custom_copy(wsi_, start, room, name.data(), name_bytes));
  }

  /// What was copied last, or failed to be.
  std::string_view taken(int length) {
    if (length <= 0) {
      raw_.is_ambiguous = raw_.is_ambiguous || length < 0;
      return {};
    }
    const std::string_view text(text_.data() + used_, static_cast<size_t>(length));
    used_ += text.size();
    return text.substr(0, text.find_last_not_of(" \t") + 1);
  }

  lws* wsi_;
  HttpRawHead raw_;
  std::array<char, kHeadBytesMax + 64> text_;
  size_t used_ = 0;
};

HttpConnectionId id_of(lws* wsi) {
  return static_cast<HttpConnectionId>(reinterpret_cast<uintptr_t>(lws_get_opaque_user_data(wsi)));
}

void* opaque(HttpConnectionId id) {
  return reinterpret_cast<void*>(static_cast<uintptr_t>(id));  // NOLINT: a number, no pointer
}

int to_int(HttpStep step) {
  return step == HttpStep::kClose ? -1 : 0;
}

}  // namespace

/// The library's one callback, as a struct so that it may call the engine's sink.
struct HttpEngine::Callback {
  static int run(lws* wsi, lws_callback_reasons reason, void*, void* in, size_t len) {
    switch (reason) {
      case LWS_CALLBACK_RAW_ADOPT:
      case LWS_CALLBACK_RAW_RX:
      case LWS_CALLBACK_RAW_CONNECTED:
        return -1;  // CONNECT turns a connection raw
      case LWS_CALLBACK_HTTP:
      case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
      case LWS_CALLBACK_HTTP_BODY:
      case LWS_CALLBACK_HTTP_BODY_COMPLETION:
      case LWS_CALLBACK_HTTP_WRITEABLE:
      case LWS_CALLBACK_ESTABLISHED:
      case LWS_CALLBACK_RECEIVE:
      case LWS_CALLBACK_CLOSED_HTTP:
      case LWS_CALLBACK_CLOSED:
      case LWS_CALLBACK_WSI_DESTROY:
        break;
      default:
        return 0;
    }
    const HttpConnectionId id = id_of(wsi);
    auto* engine = static_cast<HttpEngine*>(lws_context_user(lws_get_context(wsi)));
    if (id == 0 || engine->connections_.find(id) == engine->connections_.end()) {
      return 0;  // taken over, or closed before
    }
    return run_for(*engine, wsi, id, reason, in, len);
  }

  static int run_for(HttpEngine& engine, lws* wsi, HttpConnectionId id, lws_callback_reasons reason,
                     void* in, size_t len) {
    switch (reason) {
      case LWS_CALLBACK_HTTP:
        // The library's own wait for a body starts anew with every piece, and stays on without one.
        lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
        return to_int(engine.sink_.on_head(id, HeadReader(wsi).head()));
      case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return to_int(engine.sink_.on_head(id, HeadReader(wsi).head()));
      case LWS_CALLBACK_HTTP_BODY:
        // 4.1.6 passes a length of nearly 2^64 in one error path.
        if (len > kReadBytes) {
          return -1;
        }
        return to_int(engine.sink_.on_body(id, {static_cast<const char*>(in), len}));
      case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return to_int(engine.sink_.on_body_end(id));
      case LWS_CALLBACK_HTTP_WRITEABLE:
        return to_int(engine.sink_.on_writable(id));
      case LWS_CALLBACK_ESTABLISHED: {
        const int fd = engine.take_over(id);
        if (fd < 0) {
          return -1;
        }
        engine.sink_.on_upgraded(id, fd);
        return 0;
      }
      case LWS_CALLBACK_CLOSED_HTTP:
      case LWS_CALLBACK_CLOSED:
      case LWS_CALLBACK_WSI_DESTROY:
        engine.connections_.erase(id);
        lws_set_opaque_user_data(wsi, nullptr);
        engine.sink_.on_gone(id);
        return 0;
      default:
        return 0;
    }
  }
};

Result<std::unique_ptr<HttpEngine>> HttpEngine::create(Loop& loop, const HttpServerOptions& options,
                                                       HttpEngineSink& sink) {
  static constexpr std::array<lws_protocols, 2> kProtocols = {{
      {"rpc", &Callback::run, 0, 512, 0, nullptr, 0},
      {nullptr, nullptr, 0, 0, 0, nullptr, 0},
  }};
  std::unique_ptr<HttpEngine> engine(new HttpEngine(loop, sink));
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.request_timeout).count();
  void* loops[1] = {loop.raw()};
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  info.protocols = kProtocols.data();
  info.foreign_loops = loops;
  info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN;
  info.user = engine.get();
  info.max_http_header_data = kHeadBytesMax;
  info.pt_serv_buf_size = kReadBytes;
  info.timeout_secs = static_cast<unsigned>(seconds);
  info.timeout_secs_ah_idle = static_cast<unsigned>(seconds);
  info.server_string = "rpc-sidecar";  // of the library's own error pages; may not be empty
  lws_set_log_level(LLL_ERR | LLL_WARN, &write_log);
  engine->pipe_.before_create();
  engine->context_ = lws_create_context(&info);
  engine->pipe_.after_create();
  if (engine->context_ == nullptr) {
    return Error{Errc::kSystem,
                 "libwebsockets did not start; is the package libwebsockets-evlib-uv installed?"};
  }
  engine->vhost_ = lws_get_vhost_by_name(engine->context_, "default");
  CHECK(engine->vhost_ != nullptr);
  return engine;
}

HttpEngine::HttpEngine(Loop& loop, HttpEngineSink& sink) : loop_(loop), sink_(sink) {}

HttpEngine::~HttpEngine() {
  CHECK(context_ == nullptr);
}

void HttpEngine::close(std::function<void()> on_closed) {
  lws_context_destroy(context_);
  pipe_.after_destroy();
  close_in_turns(kTurnsToClose, std::move(on_closed));
}

void HttpEngine::close_in_turns(int turns, std::function<void()> on_closed) {
  loop_.post([this, turns, on_closed = std::move(on_closed)]() mutable {
    if (turns > 0) {
      close_in_turns(turns - 1, std::move(on_closed));
      return;
    }
    lws_context_destroy(std::exchange(context_, nullptr));
    on_closed();
  });
}

bool HttpEngine::adopt(HttpConnectionId id, int fd) {
  lws_adopt_desc_t info{};
  info.vh = vhost_;
  info.type = LWS_ADOPT_HTTP;
  info.type = static_cast<lws_adoption_type>(info.type | LWS_ADOPT_SOCKET);
  info.fd.sockfd = fd;
  info.opaque = opaque(id);
  lws* wsi = lws_adopt_descriptor_vhost_via_info(&info);
  if (wsi == nullptr) {
    return false;
  }
  connections_.emplace(id, wsi);
  return true;
}

lws* HttpEngine::find(HttpConnectionId id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second;
}

int HttpEngine::fd_of(HttpConnectionId id) const {
  lws* wsi = find(id);
  return wsi == nullptr ? -1 : lws_get_socket_fd(wsi);
}

void HttpEngine::ask_writable(HttpConnectionId id) {
  if (lws* wsi = find(id)) {
    lws_callback_on_writable(wsi);
  }
}

HttpStep HttpEngine::finish_request(HttpConnectionId id) {
  lws* wsi = find(id);
  if (wsi == nullptr || lws_http_transaction_completed(wsi) != 0) {
    return HttpStep::kClose;
  }
  // The library keeps its timers in one sorted list: with thousands of idle connections in it every
  // request would pay for all of them. HttpServer sweeps instead.
  lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
  return HttpStep::kGoOn;
}

int HttpEngine::share(HttpConnectionId id) {
  lws* wsi = find(id);
  const int fd = wsi == nullptr ? -1 : ::fcntl(lws_get_socket_fd(wsi), F_DUPFD_CLOEXEC, 0);
  if (fd >= 0) {
    connections_.erase(id);
    lws_set_opaque_user_data(wsi, nullptr);
  }
  return fd;
}

int HttpEngine::take_over(HttpConnectionId id) {
  lws* wsi = find(id);
  const int fd = share(id);
  if (fd < 0) {
    return -1;
  }
  lws_rx_flow_control(wsi, 0);
  // The one way to be closed without a shutdown() of the socket, which both descriptors mean: time
  // out. The library looks at its timers only after an event of its own, so it is given one.
  lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
  lws_cancel_service(context_);
  return fd;
}

void HttpEngine::cut(HttpConnectionId id) {
  if (lws* wsi = find(id)) {
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
  }
}

void HttpEngine::set_log(std::function<void(int level, std::string_view text)> log) {
  log_target() = std::move(log);
}

}  // namespace sidecar

#include "net/ws_dialer.h"

// See net/http_engine.cc: this header is included in no header of ours.
#include <libwebsockets.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace sidecar {

namespace {

constexpr unsigned kHeadBytesMax = 32 * 1024;
constexpr unsigned kReadBytes = 64 * 1024;
constexpr size_t kWriteBytes = 64 * 1024;
constexpr size_t kHostBytesMax = 110;     // the library cuts the header line at 128
constexpr size_t kTargetBytesMax = 1900;  // and the request line at 2,048
/// Its tables are looked through one by one: two connections (one being closed) and its own pipe.
constexpr unsigned kDescriptorsMax = 16;
/// A header table that is held longer is taken for lost, with its connection; ours is held as long
/// as the connection lives. Seconds; some 30 years.
constexpr unsigned kHeadHeldMax = 1'000'000'000;
constexpr int kLingerSeconds = 1;
constexpr int kTurnsToClose = 4;  // as in net/http_engine.cc
constexpr std::string_view kAcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 4.1

std::string base64(std::string_view bytes) {
  std::string text(bytes.size() * 4 / 3 + 8, '\0');
  const int length = lws_b64_encode_string(bytes.data(), static_cast<int>(bytes.size()),
                                           text.data(), static_cast<int>(text.size()));
  text.resize(static_cast<size_t>(std::max(length, 0)));
  return text;
}

std::string accept_for(const std::string& key) {
  const std::string text = key + std::string(kAcceptSuffix);
  std::array<unsigned char, 20> hash{};
  lws_SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  return base64({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

std::string header_of(lws* wsi, lws_token_indexes token) {
  const int length = lws_hdr_total_length(wsi, token);
  std::string text(static_cast<size_t>(std::max(length, 0)) + 1, '\0');
  const int copied = lws_hdr_copy(wsi, text.data(), static_cast<int>(text.size()), token);
  text.resize(static_cast<size_t>(std::max(copied, 0)));
  return text;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [lower](char x, char y) { return lower(x) == lower(y); });
}

/// True when a comma list names `token`.
bool names_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    std::string_view part = list.substr(0, list.find(','));
    list.remove_prefix(std::min(part.size() + 1, list.size()));
    part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
    part = part.substr(0, part.find_last_not_of(" \t") + 1);
    if (equals_ignoring_case(part, token)) {
      return true;
    }
  }
  return false;
}

/// When connect() fails at once (no route, say), 4.1.6 frees the connection but forgets its
/// watcher, which libuv then keeps for ever. Nobody else's points to it.
void close_watchers_of(uv_loop_t* loop, lws* wsi) {
  uv_walk(
      loop,
      [](uv_handle_t* handle, void* gone) {
        if (handle->type == UV_POLL && handle->data == gone && uv_is_active(handle) == 0 &&
            uv_is_closing(handle) == 0) {
          uv_close(handle, [](uv_handle_t* closed) { std::free(closed); });
        }
      },
      wsi);
}

/// While it lives the library is silent: it takes an empty proxy for a mistake and says so.
class QuietLibrary {
 public:
  QuietLibrary() {
    for (const int level : {LLL_ERR, LLL_WARN}) {
      levels_ |= lwsl_visible(level) != 0 ? level : 0;
    }
    lws_set_log_level(0, nullptr);
  }
  ~QuietLibrary() { lws_set_log_level(levels_, nullptr); }
  QuietLibrary(const QuietLibrary&) = delete;
  QuietLibrary& operator=(const QuietLibrary&) = delete;

 private:
  int levels_ = 0;
};

}  // namespace

/// The library's one callback, as a struct so that it may call private steps.
struct WsDialer::Callback {
  static int run(lws* wsi, lws_callback_reasons reason, void*, void* in, size_t len) {
    // Null once it was let go of: what still comes is read and dropped.
    auto* dialer = static_cast<WsDialer*>(lws_get_opaque_user_data(wsi));
    switch (reason) {
      case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: {
        char* at = nullptr;
        int room = 0;
        return lws_http_client_read(wsi, &at, &room) < 0 ? -1 : 0;
      }
      case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
        return -1;
      case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
        return dialer == nullptr ? -1 : dialer->take_answer(wsi);
      default:
        return dialer == nullptr ? 0 : run_for(*dialer, wsi, reason, in, len);
    }
  }

  static int run_for(WsDialer& dialer, lws* wsi, lws_callback_reasons reason, void* in,
                     size_t len) {
    const auto text = [in, len]() { return std::string_view(static_cast<const char*>(in), len); };
    switch (reason) {
      case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        dialer.append_request(static_cast<unsigned char**>(in), len);
        return 0;
      case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        dialer.end(wsi, in == nullptr ? "no connection" : text());
        return 0;
      case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
        if (len > kReadBytes) {  // 4.1.6 passes a length of nearly 2^64 in one error path
          return -1;
        }
        if (dialer.sink_ != nullptr && dialer.progress_ == WsProgress::kAnswered) {
          dialer.sink_->on_dial_bytes(text());
        }
        return 0;
      case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
        if (dialer.sink_ != nullptr && dialer.progress_ == WsProgress::kAnswered) {
          dialer.sink_->on_dial_writable();
        }
        return 0;
      case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
      case LWS_CALLBACK_WSI_DESTROY:
        dialer.end(wsi, "connection ended");
        return 0;
      default:
        return 0;
    }
  }
};

Result<WsDialerPtr> WsDialer::create(Loop& loop, const WsDialerOptions& options,
                                     WsDialerSink& sink) {
  if (options.host.size() > kHostBytesMax || options.target.reveal().size() > kTargetBytesMax) {
    return Error{Errc::kInvalid, "a WebSocket URL's host or path is too long"};
  }
  if (!options.ca_file.empty() && ::access(options.ca_file.c_str(), R_OK) != 0) {
    return Error{Errc::kNotFound, "ca_file cannot be read: " + options.ca_file};
  }
  Ptr dialer(new WsDialer(loop, options, sink));
  if (!dialer->create_context()) {
    return Error{Errc::kSystem,
                 "libwebsockets did not start; is the package libwebsockets-evlib-uv installed?"};
  }
  return dialer;
}

WsDialer::WsDialer(Loop& loop, const WsDialerOptions& options, WsDialerSink& sink)
    : loop_(loop), options_(options), sink_(&sink) {
  const bool is_v6 = options_.host.find(':') != std::string::npos;
  host_header_ = is_v6 ? "[" + options_.host + "]" : options_.host;
  // A numeric host always gets its port: an address that equals the Host of a connection that is
  // just being closed would be queued on it.
  const bool is_number =
      is_v6 || options_.host.find_first_not_of("0123456789.") == std::string::npos;
  if (is_number || options_.port != (options_.is_tls ? 443 : 80)) {
    host_header_ += ":" + std::to_string(options_.port);
  }
}

WsDialer::~WsDialer() = default;

bool WsDialer::create_context() {
  static constexpr std::array<lws_protocols, 2> kProtocols = {{
      {"rpc", &Callback::run, 0, 0, 0, nullptr, 0},
      {nullptr, nullptr, 0, 0, 0, nullptr, 0},
  }};
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(options_.timeout).count() + 2;
  void* loops[1] = {loop_.raw()};
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.protocols = kProtocols.data();
  info.foreign_loops = loops;
  info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN;
  if (options_.is_tls) {
    info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    if (!options_.ca_file.empty()) {
      info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
      info.client_ssl_ca_filepath = options_.ca_file.c_str();
    }
  }
  info.http_proxy_address = "";  // else the environment's
  info.max_http_header_data2 = kHeadBytesMax;
  info.pt_serv_buf_size = kReadBytes;
  info.timeout_secs = static_cast<unsigned>(seconds);
  info.connect_timeout_secs = static_cast<unsigned>(seconds);
  info.timeout_secs_ah_idle = kHeadHeldMax;
  info.fd_limit_per_thread = kDescriptorsMax;
  const QuietLibrary quiet;
  pipe_.before_create();
  context_ = lws_create_context(&info);
  pipe_.after_create();
  return context_ != nullptr;
}

void WsDialer::close() {
  sink_ = nullptr;
  if (wsi_ != nullptr) {
    hang_up();
  }
  loop_.post([this]() {  // this may be inside one of the library's callbacks
    if (context_ != nullptr) {
      lws_context_destroy(context_);
      pipe_.after_destroy();
    }
    close_in_turns(context_ == nullptr ? 0 : kTurnsToClose);
  });
}

void WsDialer::close_in_turns(int turns) {
  loop_.post([this, turns]() {
    if (turns > 0) {
      close_in_turns(turns - 1);
      return;
    }
    if (context_ != nullptr) {
      lws_context_destroy(context_);
    }
    delete this;
  });
}

bool WsDialer::dial(const std::string& address, std::string_view key) {
  CHECK(wsi_ == nullptr && key.size() == 16);
  key_ = base64(key);
  progress_ = WsProgress::kNone;
  lws_client_connect_info info{};
  info.context = context_;
  info.address = address.c_str();
  info.port = options_.port;
  // "Pipeline" keeps `connection: close` out of the request.
  info.ssl_connection = LCCSCF_PIPELINE | LCCSCF_HTTP_NO_FOLLOW_REDIRECT;
  if (options_.is_tls) {
    info.ssl_connection |= LCCSCF_USE_SSL;
  }
  info.path = options_.target.reveal().c_str();
  info.host = host_header_.c_str();
  info.alpn = "http/1.1";
  info.method = "GET";
  info.local_protocol_name = "rpc";
  info.opaque_user_data = this;
  is_dialling_ = true;
  lws* wsi = lws_client_connect_via_info(&info);
  if (is_dialling_) {
    wsi_ = wsi;
  }
  is_dialling_ = false;
  return wsi_ != nullptr;
}

void WsDialer::append_request(unsigned char** at, size_t room) {
  progress_ = WsProgress::kAsked;
  std::string lines = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + key_ +
                      "\r\nSec-WebSocket-Version: 13\r\n";
  if (!options_.userinfo.empty()) {
    lines += "Authorization: Basic " + base64(options_.userinfo.reveal()) + "\r\n";
  }
  for (const auto& [name, value] : options_.headers) {
    lines += name + ": " + value.reveal() + "\r\n";
  }
  const size_t count = std::min(lines.size(), room);
  std::memcpy(*at, lines.data(), count);
  *at += count;
}

int WsDialer::take_answer(lws* wsi) {
  progress_ = WsProgress::kAnswered;
  WsAnswer answer;
  answer.status = static_cast<int>(lws_http_client_http_response(wsi));
  constexpr std::string_view kRetryAfter = "retry-after:";
  std::string retry_after(128, '\0');
  const int length =
      lws_hdr_custom_copy(wsi, retry_after.data(), static_cast<int>(retry_after.size()),
                          kRetryAfter.data(), static_cast<int>(kRetryAfter.size()));
  retry_after.resize(static_cast<size_t>(std::max(length, 0)));
  if (retry_after.empty()) {
    retry_after = header_of(wsi, WSI_TOKEN_HTTP_RETRY_AFTER);
  }
  answer.retry_after = retry_after;
  // A body's length would end the connection after so many bytes; an extension was never offered.
  answer.is_upgraded = answer.status == 101 &&
                       equals_ignoring_case(header_of(wsi, WSI_TOKEN_UPGRADE), "websocket") &&
                       names_token(header_of(wsi, WSI_TOKEN_CONNECTION), "upgrade") &&
                       header_of(wsi, WSI_TOKEN_ACCEPT) == accept_for(key_) &&
                       lws_hdr_total_length(wsi, WSI_TOKEN_EXTENSIONS) <= 0 &&
                       lws_hdr_total_length(wsi, WSI_TOKEN_PROTOCOL) <= 0 &&
                       lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0 &&
                       lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) <= 0;
  if (sink_ != nullptr) {
    sink_->on_dial_answer(answer);
  }
  return wsi_ == wsi && answer.is_upgraded ? 0 : -1;
}

void WsDialer::end(lws* wsi, std::string_view what) {
  lws_set_opaque_user_data(wsi, nullptr);
  if (is_dialling_) {
    is_dialling_ = false;  // dial() says so
    close_watchers_of(loop_.raw(), wsi);
    return;
  }
  if (wsi != wsi_) {
    return;
  }
  const std::string kept(what);
  const WsProgress came_to = progress();
  wsi_ = nullptr;
  if (sink_ != nullptr) {
    sink_->on_dial_ended(came_to, kept);
  }
}

WsProgress WsDialer::progress() const {
  if (progress_ != WsProgress::kNone || wsi_ == nullptr) {
    return progress_;
  }
  sockaddr_storage peer{};
  socklen_t length = sizeof(peer);
  const int rc =
      ::getpeername(lws_get_socket_fd(wsi_), reinterpret_cast<sockaddr*>(&peer), &length);
  return rc == 0 ? WsProgress::kConnected : WsProgress::kNone;
}

size_t WsDialer::write(std::string_view bytes) {
  if (wsi_ == nullptr || bytes.empty()) {
    return 0;
  }
  if (lws_send_pipe_choked(wsi_) != 0) {
    lws_callback_on_writable(wsi_);
    return 0;
  }
  const size_t count = std::min(bytes.size(), kWriteBytes);
  // It takes all or fails; for a while it keeps what the socket does not take. The bytes stay as
  // they are: only its own WebSocket role masks in place.
  auto* start = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));  // NOLINT
  if (lws_write(wsi_, start, count, LWS_WRITE_RAW) < 0) {
    lws_set_timeout(wsi_, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    lws_cancel_service(context_);
    return 0;
  }
  return count;
}

void WsDialer::hang_up() {
  lws* wsi = std::exchange(wsi_, nullptr);
  if (wsi == nullptr) {
    return;
  }
  lws_set_opaque_user_data(wsi, nullptr);
  const bool is_open = progress_ == WsProgress::kAnswered;
  lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, is_open ? kLingerSeconds : LWS_TO_KILL_ASYNC);
  lws_cancel_service(context_);  // its timers are looked at only after an event of its own
}

}  // namespace sidecar

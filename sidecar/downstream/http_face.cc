#include "downstream/http_face.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "downstream/ws_session.h"
#include "net/first_byte.h"
#include "rpc/json_text.h"

namespace sidecar {

namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kGetOnly =
    R"({"error":{"status":405,"name":"METHOD_NOT_ALLOWED","message":"GET or HEAD only"}})"
    "\n";

/// `name`, `name:port` and `[v6]:port` without the port.
std::string_view without_port(std::string_view host) {
  const size_t colon = host.rfind(':');
  const size_t bracket = host.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
    return host;
  }
  return host.substr(0, colon);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&lower](char x, char y) { return lower(x) == lower(y); });
}

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  const size_t end = type.find_last_not_of(" \t");
  return equal_ignoring_case(type.substr(0, end + 1), kJson);
}

/// What on_http_head makes of a head goes to on_http_request as one number.
struct Asked {
  uint64_t chain : 9 = 0;  ///< 256 can be configured
  uint64_t explain : 1 = 0;
  uint64_t is_head_only : 1 = 0;  ///< of a view
  uint64_t deadline_ms : 22 = 0;  ///< over an hour, the most that can be configured
  uint64_t user : 9 = 0;          ///< of the visitor
  uint64_t pid : 22 = 0;          ///< likewise; the kernel has none larger
};
static_assert(sizeof(Asked) == sizeof(uint64_t));
constexpr uint64_t kChainMax = (1u << 9) - 1;
constexpr uint64_t kDeadlineMax = (1u << 22) - 1;
constexpr uint64_t kPidMax = (1u << 22) - 1;

uint64_t tag_of(const Asked& asked) {
  return std::bit_cast<uint64_t>(asked);
}

Asked asked_in(uint64_t tag) {
  return std::bit_cast<Asked>(tag);
}

Asked asked_by(const Visitor& visitor) {
  Asked asked;
  asked.user = visitor.user & (AccessPort::kUsersMax - 1u);
  asked.pid = static_cast<uint32_t>(std::max(visitor.pid, 0)) & kPidMax;
  return asked;
}

Visitor visitor_in(const Asked& asked, const AccessPort& access) {
  return access.greeted(static_cast<uint16_t>(asked.user), static_cast<int32_t>(asked.pid));
}

/// A deadline beyond what the tag holds is as good as that.
std::optional<uint64_t> deadline_of(std::string_view text) {
  const auto number = text.empty() ? std::optional<uint64_t>(0) : to_uint64(text);
  return number ? std::optional(std::min(*number, kDeadlineMax)) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<HttpFace>> HttpFace::create(Loop& loop, const HttpOptions& options,
                                                   SessionHost& host, SessionTable& sessions,
                                                   HttpViews& views) {
  HttpServerOptions server;
  server.body_bytes_max = host.limits().request_bytes_max;
  server.output_bytes_max = 2 * host.limits().output_mark_bytes;  // full from half of it on
  // Sessions end at their own limits, with a reason; this is one event beyond them.
  server.ws_output_mark_bytes = host.limits().output_mark_bytes;
  server.ws_output_bytes_max =
      std::max(host.limits().output_queue_bytes_max, host.limits().slow_consumer.hard_bytes) +
      host.limits().output_mark_bytes;
  server.request_timeout = options.request_timeout;
  server.idle_timeout = options.idle_timeout;
  std::unique_ptr<HttpFace> face(new HttpFace(options, host, sessions, views));
  auto created = HttpServer::create(loop, server, *face);
  if (!created.ok()) {
    return created.error();
  }
  face->server_ = std::move(created).value();
  return face;
}

HttpFace::HttpFace(const HttpOptions& options, SessionHost& host, SessionTable& sessions,
                   HttpViews& views)
    : host_(host),
      sessions_(sessions),
      views_(views),
      hosts_(options.hosts),
      origins_(options.origins) {
  hosts_.insert(hosts_.end(), {"localhost", "127.0.0.1", "[::1]"});
}

void HttpFace::adopt(int fd) {
  ++connections_;
  if (!server_->adopt(fd)) {
    --connections_;
  }
}

void HttpFace::close(std::function<void()> on_closed) {
  server_->close(std::move(on_closed));
}

bool HttpFace::is_host_allowed(std::string_view host) const {
  const std::string_view name = without_port(host);
  return std::any_of(hosts_.begin(), hosts_.end(), [name](const std::string& allowed) {
    return equal_ignoring_case(allowed, name);
  });
}

bool HttpFace::is_origin_allowed(std::string_view origin) const {
  return origin.empty() ||
         std::any_of(origins_.begin(), origins_.end(), [origin](const std::string& allowed) {
           return equal_ignoring_case(allowed, origin);
         });
}

std::optional<ChainNumber> HttpFace::chain_of(std::string_view path) const {
  if (path.empty() || path == "/") {
    return ChainNumber{0};
  }
  constexpr std::string_view kAlso = "/v1/ws/";  // as some providers write it
  const std::string_view name = path.substr(path.starts_with(kAlso) ? kAlso.size() : 1);
  for (const ChainInfo& chain : host_.chains()) {
    if (name == chain.name) {
      return chain.number;
    }
  }
  return std::nullopt;
}

HttpVerdict HttpFace::on_http_head(const HttpHead& head) {
  if (!is_host_allowed(head.host)) {
    return {403, "this Host name is not served; see http.hosts\n", 0};
  }
  if (!is_origin_allowed(head.origin)) {
    return {403, "this Origin is not allowed; see http.origins\n", 0};
  }
  const bool is_get = head.method == "GET" || head.method == "HEAD";
  return is_get && !head.is_upgrade ? on_get_head(head) : on_post_head(head);
}

HttpVerdict HttpFace::on_get_head(const HttpHead& head) const {
  Asked asked = asked_by(host_.access().greet(peer_credentials(head.peer_fd)));
  asked.is_head_only = head.method == "HEAD";
  // No header holds a line end, so the first one in the note ends what was accepted.
  std::string note(head.accept);
  note.append(1, '\n').append(head.query);
  return {200, "", tag_of(asked), std::move(note)};
}

/// Also of an upgrade.
HttpVerdict HttpFace::on_post_head(const HttpHead& head) const {
  const auto chain = chain_of(head.path);
  if (!chain && views_.is_view(head.path)) {
    return {.status = 405,
            .reason = kGetOnly,
            .content_type = kJson,
            .more = "Allow: GET, HEAD\r\nX-Content-Type-Options: nosniff\r\n"};
  }
  if (!chain) {
    return {404, "no such chain; the path is /, /{chain} or /v1/ws/{chain}\n", 0};
  }
  Asked asked = asked_by(host_.access().greet(peer_credentials(head.peer_fd)));
  asked.chain = *chain & kChainMax;
  if (head.is_upgrade) {
    return {200, "", tag_of(asked)};
  }
  if (head.method != "POST") {
    return {405, "POST JSON-RPC here\n", 0};
  }
  if (!is_json(head.content_type)) {
    return {415, "Content-Type must be application/json\n", 0};
  }
  const auto deadline_ms = deadline_of(head.deadline_ms);
  if (!deadline_ms) {
    return {400, "X-Rpc-Deadline-Ms must be a whole number of milliseconds\n", 0};
  }
  if (!head.explain.empty() && head.explain != "0" && head.explain != "1") {
    return {400, "X-Rpc-Explain must be 0 or 1\n", 0};
  }
  asked.deadline_ms = *deadline_ms & kDeadlineMax;
  asked.explain = head.explain == "1";
  return {200, "", tag_of(asked), std::string(head.provider)};
}

void HttpFace::on_http_request(HttpExchangeId id, uint64_t tag, bool is_post, std::string_view path,
                               std::string_view body) {
  if (!is_post) {
    const std::string note(server_->note(id));
    const size_t line_end = note.find('\n');
    ViewRequest request;
    request.path = path;
    request.accept = std::string_view(note).substr(0, line_end);
    request.query = std::string_view(note).substr(line_end + 1);
    request.is_head_only = asked_in(tag).is_head_only == 1;
    request.visitor = visitor_in(asked_in(tag), host_.access());
    views_.open(id, request, *this);
    return;
  }
  auto owned = std::make_unique<HttpExchange>(host_, *server_, id, exchanges_);
  HttpExchange& exchange = *owned;
  const Asked asked = asked_in(tag);
  exchange.set_visitor(visitor_in(asked, host_.access()));
  exchange.run(sessions_.add(std::move(owned)), static_cast<ChainNumber>(asked.chain),
               {Millis(asked.deadline_ms), std::string(server_->note(id)), asked.explain == 1},
               body);
}

template <class Kind>
Kind* HttpFace::session_of(const std::unordered_map<uint64_t, SessionId>& ids, uint64_t id) {
  const auto found = ids.find(id);
  return found == ids.end() ? nullptr : static_cast<Kind*>(sessions_.find(found->second));
}

void HttpFace::on_http_gone(HttpExchangeId id) {
  if (auto* exchange = session_of<HttpExchange>(exchanges_, id)) {
    exchange->on_gone();
  } else {
    views_.on_gone(id);
  }
}

void HttpFace::reply(ViewId id, const ViewHead& head, std::string_view body) {
  server_->begin_reply(id, {head.status, head.content_type, head.more, body.size()});
  server_->write_part(id, body);
  server_->end_reply(id);
}

void HttpFace::begin(ViewId id, const ViewHead& head) {
  server_->begin_reply(id, {head.status, head.content_type, head.more});
}

Flow HttpFace::send(ViewId id, std::string_view bytes) {
  return server_->write_part(id, bytes) == Flow::kDropped ? Flow::kDropped : Flow::kOk;
}

size_t HttpFace::unread_bytes(ViewId id) const {
  return server_->reply_queued_bytes(id);
}

void HttpFace::end(ViewId id) {
  server_->end_reply(id);
}

void HttpFace::cut(ViewId id) {
  server_->abort_reply(id);
}

void HttpFace::on_http_drained(HttpExchangeId id) {
  if (auto* exchange = session_of<HttpExchange>(exchanges_, id)) {
    exchange->on_drained();
  }
}

void HttpFace::on_ws_open(WebSocketId id, uint64_t tag) {
  ++sockets_opened_;
  const Asked asked = asked_in(tag);
  auto owned =
      std::make_unique<WsSession>(host_, *server_, id, static_cast<ChainNumber>(asked.chain));
  WsSession& socket = *owned;
  socket.set_visitor(visitor_in(asked, host_.access()));
  const SessionId session = sessions_.add(std::move(owned));
  socket.attach(session);
  sockets_.emplace(id, session);
}

void HttpFace::on_ws_text(WebSocketId id, std::string_view text) {
  if (auto* socket = session_of<WsSession>(sockets_, id)) {
    socket->on_text(text);
  }
}

void HttpFace::on_ws_drained(WebSocketId id) {
  if (auto* socket = session_of<WsSession>(sockets_, id)) {
    socket->on_drained();
  }
}

void HttpFace::on_ws_closed(WebSocketId id) {
  if (auto* socket = session_of<WsSession>(sockets_, id)) {
    socket->on_closed();
  }
  sockets_.erase(id);
}

void HttpFace::on_http_connection_closed() {
  --connections_;
}

}  // namespace sidecar

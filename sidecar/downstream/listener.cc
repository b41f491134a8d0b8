#include "downstream/listener.h"

#include <grp.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "downstream/framed_session.h"
#include "downstream/json_ipc_session.h"
#include "rpc/byte_text.h"
#include "rpc/envelope.h"
#include "rpc/rpc_error.h"

namespace sidecar {

namespace {

constexpr Millis kSweepEvery{1'000};

/// Connections over sessions_max that may wait for their first byte.
constexpr size_t kSilentExtra = 64;
constexpr int kPairTries = 64;
constexpr size_t kFarewellBytesMax = 4'096;

Listener::Dialect dialect_of(int byte) {
  if (byte >= 0x00 && byte <= 0x07) {
    return Listener::Dialect::kFramed;
  }
  if (byte == '{' || byte == '[' || byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
    return Listener::Dialect::kJsonIpc;
  }
  if ((byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z')) {
    return Listener::Dialect::kHttp;
  }
  return Listener::Dialect::kUnknown;
}

/// What a connection over sessions_max is told.
std::string farewell(Listener::Dialect dialect) {
  constexpr std::string_view kWhy = "too many sessions; see limits.sessions_max";
  std::string error;
  write_error_object(error, {.name = ErrorName::kClientLimit, .message = kWhy});
  std::string text;
  switch (dialect) {
    case Listener::Dialect::kFramed:
      return FramedSession::connection_error(error);
    case Listener::Dialect::kJsonIpc:
      append_error_reply(text, "null", error);
      return text + "\n";
    case Listener::Dialect::kHttp:
      text =
          "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nConnection: close\r\n";
      return text + "Content-Length: " + std::to_string(kWhy.size()) + "\r\n\r\n" +
             std::string(kWhy);
    case Listener::Dialect::kUnknown:
      break;
  }
  return text;
}

Result<gid_t> find_group(const std::string& name) {
  if (const group* found = ::getgrnam(name.c_str())) {
    return found->gr_gid;
  }
  if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos) {
    return static_cast<gid_t>(std::strtoul(name.c_str(), nullptr, 10));
  }
  return Error{Errc::kNotFound, "listen.group: there is no group \"" + name +
                                    "\" on this host; make it, or name another"};
}

void log_session(std::string_view event, SessionId id, const Session& session,
                 std::string_view why) {
  if (session.is_connection() && log::is_on(log::Level::kDebug)) {
    log::debug(event, log::kv("session", id), log::kv("pid", session.visitor().pid),
               log::kv("uid", session.visitor().uid), log::kv("worker", session.visitor().worker),
               log::kv(event == "session_open" ? "dialect" : "reason", why));
  }
}

/// `host:port` and `[v6]:port`.
std::pair<std::string, uint16_t> split_address(const std::string& text) {
  const size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') {
    host = host.substr(1, host.size() - 2);
  }
  return {host, static_cast<uint16_t>(std::strtoul(text.c_str() + colon + 1, nullptr, 10))};
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::create(Loop& loop, const Options& options,
                                                   std::vector<ChainInfo> chains,
                                                   const Ports& ports, SessionTable& sessions,
                                                   Count count, HttpViews& views) {
  std::unique_ptr<Listener> listener(
      new Listener(loop, options, std::move(chains), ports, sessions, std::move(count)));
  if (auto listening = listener->listen_unix(); !listening.ok()) {
    return listening.error();
  }
  if (!options.http.listen.empty()) {
    if (auto listening = listener->listen_tcp(); !listening.ok()) {
      return listening.error();
    }
  }
  // Last, since it must be shut down before it is destroyed; nothing is accepted before the loop
  // runs.
  auto http = HttpFace::create(loop, options.http, *listener, sessions, views);
  if (!http.ok()) {
    return http.error();
  }
  listener->http_ = std::move(http).value();
  if (!options.http.listen.empty()) {
    const std::string host = split_address(options.http.listen).first;
    listener->http_->allow_host(host.find(':') == std::string::npos ? host : "[" + host + "]");
  }
  return listener;
}

Listener::Listener(Loop& loop, const Options& options, std::vector<ChainInfo> chains,
                   const Ports& ports, SessionTable& sessions, Count count)
    : loop_(loop),
      options_(options),
      chains_(std::move(chains)),
      ports_(ports),
      gate_(ports.calls, ports.subscriptions, sessions),
      sessions_(sessions),
      count_(std::move(count)),
      sweep_timer_(loop.make_timer([this]() { sweep(); })),
      drain_timer_(loop.make_timer([this]() { step_drain(); })) {
  sweep_timer_->arm(loop_.now() + kSweepEvery);
}

/// A bijection of the count: never the same twice, and no two processes begin alike.
std::string Listener::new_wire_id(bool is_number) {
  const uint64_t number = ++wire_ids_;
  if (is_number) {
    return std::to_string(number);
  }
  return '"' + to_quantity(Random(ports_.seed + number).next()) + '"';
}

Listener::~Listener() {
  loop_.forget_turn_end(*this);
}

Status Listener::listen_unix() {
  const auto on_accept = [this](int fd) { on_unix_accept(fd); };
  const auto on_exhausted = [this]() { on_limit("descriptors"); };
  if (options_.passed_fd >= 0) {
    auto passed = Acceptor::take_passed(loop_, options_.passed_fd, on_accept, on_exhausted);
    if (!passed.ok()) {
      return passed.error();
    }
    unix_ = std::move(passed).value();
    return Done{};
  }
  Acceptor::FileAccess access;
  access.mode = static_cast<mode_t>(options_.listen.mode);
  if (!options_.listen.group.empty()) {
    const auto group = find_group(options_.listen.group);
    if (!group.ok()) {
      return group.error();
    }
    access.group = group.value();
  }
  auto acceptor = Acceptor::listen_unix(loop_, options_.listen.path, access,
                                        options_.listen.backlog, on_accept, on_exhausted);
  if (!acceptor.ok()) {
    return acceptor.error();
  }
  unix_ = std::move(acceptor).value();
  return Done{};
}

Status Listener::listen_tcp() {
  const auto [host, port] = split_address(options_.http.listen);
  const bool has_svm = std::any_of(chains_.begin(), chains_.end(), [](const ChainInfo& chain) {
    return chain.family == Family::kSvm;
  });
  const bool is_pair_wanted = has_svm && options_.http.ws_next_port;
  // Any free port will do only if the next one is free as well.
  for (int tries_left = port == 0 && is_pair_wanted ? kPairTries : 1;; --tries_left) {
    auto first = open_tcp(host, port);
    if (!first.ok()) {
      return first.error();
    }
    tcp_ = std::move(first).value();
    if (!is_pair_wanted || tcp_->port() == UINT16_MAX) {
      return Done{};
    }
    auto next = open_tcp(host, static_cast<uint16_t>(tcp_->port() + 1));
    if (next.ok()) {
      next_tcp_ = std::move(next).value();
      return Done{};
    }
    if (tries_left <= 1) {
      return Error{next.error().code, next.error().detail +
                                          "; Solana's clients look for WebSocket there: free the "
                                          "port, or set http.ws_next_port = false"};
    }
  }
}

Result<std::unique_ptr<Acceptor>> Listener::open_tcp(const std::string& host, uint16_t port) {
  return Acceptor::listen_tcp(
      loop_, host, port, options_.listen.backlog, [this](int fd) { on_tcp_accept(fd); },
      [this]() { on_limit("descriptors"); });
}

size_t Listener::connection_count() const {
  return stream_sessions_ + silent_.size() + http_->connection_count();
}

Listener::SessionCounts Listener::session_counts() const {
  const size_t ws = http_->ws_count();
  return {framed_sessions_, stream_sessions_ - framed_sessions_, http_->connection_count() - ws,
          ws};
}

bool Listener::is_stalled() {
  bool is_stalled = false;
  for (Acceptor* one : {unix_.get(), tcp_.get(), next_tcp_.get()}) {
    is_stalled = (one != nullptr && one->is_stalled()) || is_stalled;
  }
  return is_stalled;
}

bool Listener::is_full() const {
  return connection_count() >= options_.limits.sessions_max;
}

/// Says why in the worker's own dialect; closing at once would reset what it is sending.
void Listener::turn_away(int fd, Dialect dialect) {
  on_limit("sessions_max");
  auto stream = Stream::adopt(loop_, fd, kFarewellBytesMax, nobody_);
  if (stream.ok()) {
    stream.value()->write(farewell(dialect));
    Stream::close_gently(std::move(stream).value());
  }
}

void Listener::on_unix_accept(int fd) {
  // What has not spoken yet cannot be told why: a few such are let in to wait for their first byte.
  if (connection_count() >= options_.limits.sessions_max + kSilentExtra) {
    on_limit("sessions_max");
    ::close(fd);
    return;
  }
  const int byte = FirstByte::peek(fd);
  if (byte == -1) {
    ::close(fd);
  } else if (byte >= 0) {
    on_first_byte(fd, byte);
  } else {
    silent_[fd] = std::make_unique<FirstByte>(loop_, fd, [this, fd](int seen_fd, int seen) {
      const std::unique_ptr<FirstByte> last = std::move(silent_[fd]);
      silent_.erase(fd);
      if (seen >= 0) {
        on_first_byte(seen_fd, seen);
      }
    });
  }
}

void Listener::on_tcp_accept(int fd) {
  if (is_full()) {
    turn_away(fd, Dialect::kHttp);
    return;
  }
  count_("session", "http_tcp");
  http_->adopt(fd);
}

void Listener::on_first_byte(int fd, int byte) {
  const Dialect dialect = dialect_of(byte);
  if (is_full()) {
    turn_away(fd, dialect);
    return;
  }
  switch (dialect) {
    case Dialect::kFramed:
      open_stream_session<FramedSession>(fd, "framed");
      return;
    case Dialect::kJsonIpc:
      open_stream_session<JsonIpcSession>(fd, "json_ipc");
      return;
    case Dialect::kHttp:
      count_("session", "http_unix");
      http_->adopt(fd);
      return;
    case Dialect::kUnknown:
      count_("session", "unknown_dialect");
      ::close(fd);
      return;
  }
}

template <class Kind>
void Listener::open_stream_session(int fd, std::string_view dialect) {
  count_("session", dialect);
  auto owned = std::make_unique<Kind>(static_cast<SessionHost&>(*this));
  Kind& session = *owned;
  session.set_visitor(ports_.access.greet(peer_credentials(fd)));
  const SessionId id = sessions_.add(std::move(owned));
  log_session("session_open", id, session, dialect);
  ++stream_sessions_;
  framed_sessions_ += session.dialect() == SessionDialect::kFramed ? 1 : 0;
  if (!session.attach(loop_, fd, id)) {
    end_session(id, EndReason::kPeerFailed);
  } else if (gate_.is_shut()) {
    session.on_drain(drain_until_ > loop_.now()
                         ? std::chrono::duration_cast<Millis>(drain_until_ - loop_.now())
                         : Millis(0));
  }
}

void Listener::end_session(SessionId session, EndReason reason) {
  count_("end", end_reason_name(reason));
  if (const Session* found = sessions_.find(session)) {
    log_session("session_end", session, *found, end_reason_name(reason));
  }
  if (ended_.empty()) {
    loop_.at_turn_end(*this);
  }
  ended_.push_back(session);
}

void Listener::on_turn_end() {
  std::vector<SessionId> ended;
  ended.swap(ended_);
  for (const SessionId id : ended) {
    const Session* session = sessions_.find(id);
    if (session != nullptr) {
      stream_sessions_ -= session->is_connection() ? 1 : 0;
      framed_sessions_ -= session->dialect() == SessionDialect::kFramed ? 1 : 0;
      sessions_.remove(id);
    }
  }
}

void Listener::sweep() {
  const Instant now = loop_.now();
  subscription_counts_ = {};
  sessions_.for_each([this, now](Session& session) {
    session.on_sweep(now);
    subscription_counts_[static_cast<size_t>(session.dialect())] += session.subscription_count();
  });
  sweep_timer_->arm(now + kSweepEvery);
}

}  // namespace sidecar

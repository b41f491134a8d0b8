#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ports.h"
#include "core/types.h"
#include "downstream/drain_gate.h"
#include "downstream/http_face.h"
#include "downstream/options.h"
#include "downstream/session.h"
#include "downstream/session_host.h"
#include "net/acceptor.h"
#include "net/first_byte.h"
#include "net/loop.h"
#include "net/stream.h"

namespace sidecar {

/// The worker's door: accepts on the Unix socket (and on loopback TCP when asked to), looks at the
/// first byte of each connection and gives it to its dialect.
///
///   accept ─▶ FirstByte ─┬─ 0x00-0x07 ─────────▶ FramedSession
///                        ├─ { [ white space ───▶ JsonIpcSession
///                        ├─ ASCII letter ──────▶ HttpFace (http, ws)
///                        └─ anything else ─────▶ closed, counted
/// Limits: sessions_max connections over all dialects; one more is told so and closed.
/// Owner: app. Requires: `sessions` outlives it.
class Listener final : private SessionHost, private TurnEnd {
 public:
  enum class Dialect { kFramed, kJsonIpc, kHttp, kUnknown };
  struct Options {
    ListenOptions listen;
    HttpOptions http;
    SessionLimits limits;
    int passed_fd = -1;  ///< a listening socket to be used instead of opening `listen`; taken over
  };
  /// Where what workers want goes.
  struct Ports {
    CallPort& calls;
    SubscriptionPort& subscriptions;
    AccessPort& access;
    uint64_t seed;  ///< of the ids that subscriptions are given
  };
  /// Counts by name: dialects opened, reasons ended, limits met.
  using Count = std::function<void(std::string_view what, std::string_view name)>;

  /// Errors: as Acceptor's, and kNotFound for an unknown group.
  static Result<std::unique_ptr<Listener>> create(Loop& loop, const Options& options,
                                                  std::vector<ChainInfo> chains, const Ports& ports,
                                                  SessionTable& sessions, Count count,
                                                  HttpViews& views);
  ~Listener();

  /// Stops accepting and refuses new calls, lets each session go once it owes its worker nothing,
  /// and those with subscriptions last. Calls `on_drained` when only they are left, or after
  /// `within`; shut_down() is then due, and may come at any time before.
  void drain(Millis within, std::function<void()> on_drained);
  /// Stops accepting, tells every session, and calls `on_closed` once the HTTP side is down.
  void shut_down(std::function<void()> on_closed);

  /// For what comes next; of sessions that are open, too. What the HTTP server was made with stays:
  /// request_bytes_max, output_mark_bytes, output_queue_bytes_max, event_queue_bytes_max.
  void set_limits(const SessionLimits& limits) { options_.limits = limits; }

  /// Of the HTTP face on TCP; 0 when it is off.
  uint16_t http_port() const { return tcp_ ? tcp_->port() : 0; }
  size_t connection_count() const;
  /// Connections by dialect.
  struct SessionCounts {
    size_t framed = 0;
    size_t json_ipc = 0;
    size_t http = 0;
    size_t ws = 0;
  };
  SessionCounts session_counts() const;
  /// Where workers connect; empty once it was shut down.
  std::string socket_path() const { return unix_ ? unix_->path() : std::string(); }
  /// Workers wait to be accepted and nobody accepts them; for a look now and then.
  bool is_stalled();
  /// Of all sessions of a dialect, as the last sweep about a second ago saw it.
  size_t subscription_count(SessionDialect dialect) const {
    return subscription_counts_[static_cast<size_t>(dialect)];
  }
  /// WebSockets since the start.
  uint64_t sockets_opened() const { return http_->sockets_opened(); }

 private:
  Listener(Loop& loop, const Options& options, std::vector<ChainInfo> chains, const Ports& ports,
           SessionTable& sessions, Count count);

  CallPort& calls() override { return gate_; }
  SubscriptionPort& subscriptions() override { return gate_; }
  AccessPort& access() override { return ports_.access; }
  std::string new_wire_id(bool is_number) override;
  const SessionLimits& limits() const override { return options_.limits; }
  const std::vector<ChainInfo>& chains() const override { return chains_; }
  Instant now() const override { return loop_.now(); }
  size_t unread_bytes() const override { return loop_.output_bytes(); }
  void on_limit(std::string_view limit) override { count_("limit", limit); }
  void end_session(SessionId session, EndReason reason) override;

  Status listen_unix();
  Status listen_tcp();
  Result<std::unique_ptr<Acceptor>> open_tcp(const std::string& host, uint16_t port);
  bool is_full() const;
  void turn_away(int fd, Dialect dialect);
  void on_unix_accept(int fd);
  void on_tcp_accept(int fd);
  void on_first_byte(int fd, int byte);
  template <class Kind>
  void open_stream_session(int fd, std::string_view dialect);
  void sweep();
  void stop_accepting();
  void step_drain();
  void on_turn_end() override;

  Loop& loop_;
  Options options_;
  std::vector<ChainInfo> chains_;
  Ports ports_;
  DrainGate gate_;
  SessionTable& sessions_;
  Count count_;
  std::unique_ptr<HttpFace> http_;
  std::unique_ptr<Acceptor> unix_;
  std::unique_ptr<Acceptor> tcp_;
  std::unique_ptr<Acceptor> next_tcp_;                          ///< on the port after that one
  std::unordered_map<int, std::unique_ptr<FirstByte>> silent_;  ///< by descriptor
  /// Hears nothing: for streams that only say farewell.
  struct Nobody final : StreamSink {
    void on_stream_bytes(std::string_view) override {}
    void on_stream_eof() override {}
    void on_stream_failed(std::string_view) override {}
    void on_stream_drained() override {}
  };
  Nobody nobody_;
  size_t stream_sessions_ = 0;
  size_t framed_sessions_ = 0;    ///< of those
  uint64_t wire_ids_ = 0;         ///< given so far
  std::vector<SessionId> ended_;  ///< destroyed at the end of the turn, out of their own way
  std::array<size_t, kSessionDialectCount> subscription_counts_{};
  std::unique_ptr<Timer> sweep_timer_;
  std::unique_ptr<Timer> drain_timer_;
  Instant drain_until_;
  std::function<void()> on_drained_;
  bool is_shut_down_ = false;
};

}  // namespace sidecar

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "downstream/framed_subscriptions.h"
#include "downstream/session.h"
#include "downstream/session_host.h"
#include "net/stream.h"
#include "proto/frame.h"
#include "rpc/rpc_error.h"

namespace sidecar {

/// A worker that speaks the length-prefixed protocol of proto/PROTOCOL.md.
///   CALL ─▶ submit ─▶ RESULT (in parts with MORE when long) or ERROR, in completion order
///   SUBSCRIBE ─▶ subscribe ─▶ RESULT, then EVENT ... until UNSUBSCRIBE, ERROR or the last one
/// Limits: request_bytes_max a frame, calls_in_flight_max open calls, output_queue_bytes_max unread
/// answers, partial_timeout for a frame begun and not finished. Memory is what was received, not
/// what a header promises.
/// Owner: SessionTable.
class FramedSession final : public Session, private StreamSink {
 public:
  /// Requires: attach() follows at once with the id the table gave.
  explicit FramedSession(SessionHost& host);
  ~FramedSession() override;
  /// Takes over the socket. False when it cannot be used.
  bool attach(Loop& loop, int fd, SessionId id);

  void on_reply(uint64_t token, const Reply& reply) override;
  Flow on_reply_part(uint64_t token, std::string_view bytes) override;
  void on_subscribed(uint64_t token, FeedPosition at) override;
  void on_event(uint64_t token, EventForms& event) override;
  void on_subscription_lost(uint64_t token, std::string_view error) override;
  void on_drain(Millis within) override;
  Owed owed() const override;
  void on_shutdown() override;
  void on_sweep(Instant now) override;
  bool is_connection() const override { return true; }
  SessionDialect dialect() const override { return SessionDialect::kFramed; }
  size_t subscription_count() const override { return subscriptions_.size(); }

  /// The ERROR frame that concerns the whole connection. `error`: a JSON-RPC error object.
  static std::string connection_error(std::string_view error);

 private:
  struct Open {
    CallId call = 0;
    uint16_t chain = 0;
    bool is_held = false;  ///< its parts wait for room
    Quota::Place place = {};
  };

  void on_stream_bytes(std::string_view bytes) override;
  void on_stream_eof() override;
  void on_stream_failed(std::string_view what) override;
  void on_stream_drained() override;

  /// Takes whole frames off the front; returns how many bytes it used.
  size_t take_frames(std::string_view bytes);
  void take_frame(const rpcs_frame& frame, std::string_view payload);
  void take_hello(const rpcs_frame& frame, std::string_view payload);
  void take_call(const rpcs_frame& frame, std::string_view payload);
  void take_cancel(uint64_t id);
  void take_subscribe(const rpcs_frame& frame, std::string_view payload);
  void write_frame(uint8_t type, uint8_t flags, uint16_t chain, uint64_t id,
                   std::string_view payload);
  void write_error(uint64_t id, uint16_t chain, const ErrorSpec& spec);
  void fail(std::string_view message);
  bool has_room();
  void finish_if_done();
  void close(EndReason reason);

  SessionHost& host_;
  SessionId id_ = 0;
  StreamPtr stream_;
  std::string partial_;
  std::optional<Instant> partial_since_;
  std::unordered_map<uint64_t, Open> open_;
  FramedSubscriptions subscriptions_;
  bool has_hello_ = false;
  std::optional<Instant> told_to_leave_;
  bool is_input_over_ = false;
  bool is_closed_ = false;
};

}  // namespace sidecar

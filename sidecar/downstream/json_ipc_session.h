#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "downstream/reply_lane.h"
#include "downstream/session.h"
#include "downstream/session_host.h"
#include "downstream/text_calls.h"
#include "downstream/text_subscriptions.h"
#include "net/stream.h"
#include "rpc/compact.h"
#include "rpc/text_stream.h"

namespace sidecar {

/// A worker that speaks geth's IPC: bare JSON texts both ways, answers one compact line each.
/// Never closed for being idle: ethers 6 ends its whole process when that happens. Half-close is
/// answered: all that is pending, then FIN.
/// Limits: request_bytes_max a text, output_queue_bytes_max unread answers, partial_timeout for a
/// text begun and not finished.
/// Owner: SessionTable.
class JsonIpcSession final : public Session,
                             private StreamSink,
                             private TextSink,
                             private LaneOutput {
 public:
  /// Requires: attach() follows at once with the id the table gave.
  explicit JsonIpcSession(SessionHost& host);
  /// Takes over the socket. False when it cannot be used.
  bool attach(Loop& loop, int fd, SessionId id);

  void on_reply(uint64_t token, const Reply& reply) override;
  Flow on_reply_part(uint64_t token, std::string_view bytes) override;
  void on_subscribed(uint64_t token, FeedPosition at) override;
  void on_event(uint64_t token, EventForms& event) override;
  void on_subscription_lost(uint64_t token, std::string_view error) override;
  Owed owed() const override;
  void on_shutdown() override;
  void on_sweep(Instant now) override;
  bool is_connection() const override { return true; }
  SessionDialect dialect() const override { return SessionDialect::kJsonIpc; }
  size_t subscription_count() const override { return subscriptions_.size(); }

 private:
  void on_stream_bytes(std::string_view bytes) override;
  void on_stream_eof() override;
  void on_stream_failed(std::string_view what) override;
  void on_stream_drained() override;

  void on_text_reply(uint64_t text, std::string_view reply) override;
  Flow on_text_piece(uint64_t text, std::string_view piece, bool is_first, bool is_last) override;
  void on_text_broken(uint64_t text) override;
  void on_text_silent(uint64_t text) override;
  void on_limit(std::string_view limit) override { host_.on_limit(limit); }

  Flow write_piece(std::string_view bytes, bool is_first, bool is_last) override;

  void take_texts();
  void refuse_stream(int code, std::string_view message);
  void finish_if_done();
  void close(EndReason reason);

  SessionHost& host_;
  SessionId id_ = 0;
  StreamPtr stream_;
  TextStream texts_;
  CompactWriter compact_;
  ReplyLane lane_;
  TextSubscriptions subscriptions_;
  TextCalls calls_;
  std::optional<Instant> partial_since_;
  bool is_input_over_ = false;
  bool is_closed_ = false;
};

}  // namespace sidecar

#pragma once

#include <string_view>

#include "downstream/reply_lane.h"
#include "downstream/session.h"
#include "downstream/session_host.h"
#include "downstream/text_calls.h"
#include "downstream/text_subscriptions.h"
#include "net/http_server.h"

namespace sidecar {

/// A worker on a WebSocket: one JSON text a message, both ways.
/// Limits: output_queue_bytes_max unread answers.
/// Owner: SessionTable.
class WsSession final : public Session, private TextSink, private LaneOutput {
 public:
  WsSession(SessionHost& host, HttpServer& server, WebSocketId socket, ChainNumber chain);
  void attach(SessionId id) {
    id_ = id;
    calls_.set_visitor(visitor_);
  }

  void on_text(std::string_view text);
  void on_drained();
  void on_closed();

  void on_reply(uint64_t token, const Reply& reply) override;
  Flow on_reply_part(uint64_t token, std::string_view bytes) override;
  void on_subscribed(uint64_t token, FeedPosition at) override;
  void on_event(uint64_t token, EventForms& event) override;
  void on_subscription_lost(uint64_t token, std::string_view error) override;
  Owed owed() const override;
  void on_shutdown() override;
  SessionDialect dialect() const override { return SessionDialect::kWs; }
  size_t subscription_count() const override { return subscriptions_.size(); }

 private:
  void on_text_reply(uint64_t text, std::string_view reply) override;
  Flow on_text_piece(uint64_t text, std::string_view piece, bool is_first, bool is_last) override;
  void on_text_broken(uint64_t text) override;
  void on_text_silent(uint64_t text) override;
  void on_limit(std::string_view limit) override { host_.on_limit(limit); }
  Flow write_piece(std::string_view bytes, bool is_first, bool is_last) override;
  void close(EndReason reason);

  SessionHost& host_;
  HttpServer& server_;
  WebSocketId socket_;
  ChainNumber chain_;
  SessionId id_ = 0;
  bool is_closed_ = false;
  ReplyLane lane_;
  TextSubscriptions subscriptions_;
  TextCalls calls_;
};

}  // namespace sidecar

#pragma once

#include <string_view>
#include <unordered_map>

#include "downstream/session.h"
#include "downstream/session_host.h"
#include "downstream/text_calls.h"
#include "net/http_server.h"

namespace sidecar {

/// One HTTP request with a JSON-RPC body, from its text to its response.
/// JSON-RPC errors travel in HTTP 200: most clients throw the body of any other status away.
/// Owner: SessionTable.
class HttpExchange final : public Session, private TextSink {
 public:
  /// By request, which session answers it. Owner: HttpFace; outlives the exchanges.
  using Registry = std::unordered_map<HttpExchangeId, SessionId>;

  HttpExchange(SessionHost& host, HttpServer& server, HttpExchangeId exchange, Registry& registry);
  ~HttpExchange() override;

  /// Requires: `session` is this exchange's own id in the table. May answer at once.
  /// Registers itself first.
  void run(SessionId session, ChainNumber chain, CallTerms terms, std::string_view body);
  /// The client left, or took what was queued.
  void on_gone();
  void on_drained();

  void on_reply(uint64_t token, const Reply& reply) override;
  Flow on_reply_part(uint64_t token, std::string_view bytes) override;
  Owed owed() const override { return is_ended_ ? Owed::kNothing : Owed::kAnswers; }
  void on_shutdown() override;

 private:
  void on_text_reply(uint64_t text, std::string_view reply) override;
  Flow on_text_piece(uint64_t text, std::string_view piece, bool is_first, bool is_last) override;
  void on_text_broken(uint64_t text) override;
  void on_text_silent(uint64_t text) override;
  void on_limit(std::string_view limit) override { host_.on_limit(limit); }
  void end(EndReason reason);

  SessionHost& host_;
  HttpServer& server_;
  HttpExchangeId exchange_;
  Registry& registry_;
  SessionId id_ = 0;
  bool is_ended_ = false;
  TextCalls calls_;
};

}  // namespace sidecar

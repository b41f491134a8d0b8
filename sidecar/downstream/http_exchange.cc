#include "downstream/http_exchange.h"

#include <string>
#include <utility>

namespace sidecar {

namespace {

constexpr std::string_view kJson = "application/json";

}  // namespace

HttpExchange::HttpExchange(SessionHost& host, HttpServer& server, HttpExchangeId exchange,
                           Registry& registry)
    : host_(host),
      server_(server),
      exchange_(exchange),
      registry_(registry),
      calls_(host.limits(), {host.calls(), host.access()}, *this) {}

HttpExchange::~HttpExchange() {
  registry_.erase(exchange_);
}

void HttpExchange::run(SessionId session, ChainNumber chain, CallTerms terms,
                       std::string_view body) {
  id_ = session;
  registry_.emplace(exchange_, session);
  calls_.set_visitor(visitor_);
  calls_.set_terms(std::move(terms));
  calls_.submit(id_, chain, body, true);
}

void HttpExchange::on_gone() {
  end(EndReason::kPeerClosed);
}

void HttpExchange::on_drained() {
  calls_.resume_all();
}

void HttpExchange::on_reply(uint64_t token, const Reply& reply) {
  if (!is_ended_) {
    calls_.on_reply(token, reply);
  }
}

Flow HttpExchange::on_reply_part(uint64_t token, std::string_view bytes) {
  return is_ended_ ? Flow::kDropped : calls_.on_reply_part(token, bytes);
}

void HttpExchange::on_shutdown() {
  if (is_ended_) {
    return;
  }
  calls_.end_all();  // which answers the request
}

void HttpExchange::on_text_reply(uint64_t, std::string_view reply) {
  server_.reply(exchange_, 200, kJson, std::string(reply));
  end(EndReason::kPeerClosed);
}

Flow HttpExchange::on_text_piece(uint64_t, std::string_view piece, bool is_first, bool is_last) {
  if (is_first) {
    server_.begin_reply(exchange_, {.content_type = kJson});
  }
  const Flow flow = server_.write_part(exchange_, piece);
  if (is_last) {
    server_.end_reply(exchange_);
    end(EndReason::kPeerClosed);
  }
  return flow;
}

void HttpExchange::on_text_broken(uint64_t) {
  server_.abort_reply(exchange_);
  end(EndReason::kPeerFailed);
}

void HttpExchange::on_text_silent(uint64_t) {
  server_.reply(exchange_, 204, "", "");
  end(EndReason::kPeerClosed);
}

void HttpExchange::end(EndReason reason) {
  if (!is_ended_) {
    is_ended_ = true;
    host_.end_session(id_, reason);
  }
}

}  // namespace sidecar

#include "app/block_question.h"

#include <charconv>
#include <utility>

#include "app/rest_error.h"
#include "rpc/json_text.h"
#include "rpc/json_writer.h"
#include "rpc/rpc_error.h"

namespace sidecar {

namespace {

std::string hex(uint64_t number) {
  char digits[16];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), number, 16);
  return "\"0x" + std::string(digits, end) + "\"";
}

}  // namespace

std::optional<uint64_t> parse_block_number(std::string_view text) {
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = text.substr(is_hex ? 2 : 0);
  uint64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, number, is_hex ? 16 : 10);
  if (digits.empty() || error != std::errc() || rest != end) {
    return std::nullopt;
  }
  return number;
}

BlockQuestion::BlockQuestion(CallPort& calls, AccessPort& access, Asker asker, Wish wish,
                             std::function<void()> on_over)
    : calls_(calls),
      access_(access),
      asker_(asker),
      wish_(std::move(wish)),
      on_over_(std::move(on_over)) {}

void BlockQuestion::ask(SessionId own) {
  own_ = own;
  if (wish_.chain.family == Family::kEvm) {
    submit("eth_getBlockByNumber", "[" + (wish_.number ? hex(*wish_.number) : "\"latest\"") +
                                       (wish_.is_full ? ",true]" : ",false]"));
  } else if (wish_.number) {
    ask_block(*wish_.number);
  } else {
    awaits_slot_ = true;
    submit("getSlot", R"([{"commitment":"confirmed"}])");
  }
}

void BlockQuestion::ask_block(uint64_t slot) {
  std::string params;
  JsonWriter json(params);
  json.begin_array().number(slot).begin_object().key("encoding").string("json");
  json.key("transactionDetails").string(wish_.is_full ? "full" : "signatures");
  json.key("maxSupportedTransactionVersion").number(0).key("rewards").boolean(false);
  json.key("commitment").string("confirmed").end_object().end_array();
  submit("getBlock", params);
}

void BlockQuestion::submit(std::string_view method, const std::string& params) {
  Quota::Place place;
  const std::string refusal =
      access_.refusal(visitor_, Quota::Kind::kCall, method, wish_.chain.number, place);
  if (!refusal.empty()) {
    answer({Reply::Kind::kError, refusal});
    return;
  }
  place_ = std::move(place);
  Request request;
  request.session = own_;
  request.worker = visitor_.worker;
  request.chain = wish_.chain.number;
  request.method = method;
  request.params = params;
  const CallId call = calls_.submit(request);
  if (call != 0) {
    call_ = call;
  }
}

void BlockQuestion::on_reply(uint64_t, const Reply& reply) {
  call_ = 0;
  if (is_over_) {
    return;
  }
  if (std::exchange(awaits_slot_, false) && reply.kind == Reply::Kind::kResult) {
    take_slot(reply.body);
    return;
  }
  answer(reply);
}

void BlockQuestion::take_slot(std::string_view slot) {
  if (const auto number = to_uint64(slot)) {
    wish_.number = number;
    ask_block(*number);
  } else {
    fail(502, "UPSTREAM_ERROR", "the provider's newest slot is no number");
  }
}

void BlockQuestion::answer(const Reply& reply) {
  if (reply.kind == Reply::Kind::kError) {
    const RestError error = rest_error_of(wish_.chain.family, reply.body);
    finish(error.status, rest_error_json(error));
    return;
  }
  if (reply.body == "null") {
    fail(404, "NOT_FOUND", "there is no such block, or not yet");
    return;
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("chain").string(wish_.chain.name);
  if (wish_.number && wish_.chain.family == Family::kSvm) {
    json.key("slot").number(*wish_.number);
  }
  json.key("block").raw(reply.body).end_object();
  finish(200, body + "\n");
}

void BlockQuestion::fail(int status, std::string_view name, std::string_view message) {
  finish(status, rest_error_json({status, std::string(name), std::string(message)}));
}

void BlockQuestion::finish(int status, std::string_view body) {
  is_over_ = true;
  asker_.out.reply(asker_.id, {.status = status, .more = kDocumentHeaders}, body);
  on_over_();
}

void BlockQuestion::on_gone() {
  if (!std::exchange(is_over_, true)) {
    if (call_ != 0) {
      calls_.cancel(call_);
    }
    on_over_();
  }
}

void BlockQuestion::on_shutdown() {
  if (is_over_) {
    return;
  }
  if (call_ != 0) {
    calls_.cancel(call_);
  }
  const ErrorRow& row = error_row(ErrorName::kShuttingDown);
  fail(503, row.text, row.message);
}

}  // namespace sidecar

#include "tests/sim/sim_node.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

#include "rpc/byte_text.h"
#include "rpc/keccak.h"

namespace sidecar::testing {

namespace {

constexpr uint64_t kForkDepth = 4;  // blocks below the head at which a fork begins

std::string hex(uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(number));
  return text;
}

std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

/// The `index`-th string among the params.
std::string_view text_at(std::string_view params, size_t index) {
  size_t at = 0;
  for (size_t i = 0; at != std::string_view::npos && i < 2 * index; ++i) {
    at = params.find('"', at);
    at = at == std::string_view::npos ? at : at + 1;
  }
  const size_t begin = at == std::string_view::npos ? at : params.find('"', at);
  if (begin == std::string_view::npos) {
    return {};
  }
  return params.substr(begin + 1, params.find('"', begin + 1) - begin - 1);
}

std::optional<uint64_t> number_of(std::string_view text) {
  uint64_t number = 0;
  if (!text.starts_with("0x")) {
    return std::nullopt;
  }
  std::from_chars(text.data() + 2, text.data() + text.size(), number, 16);
  return number;
}

std::string_view member(std::string_view params, std::string_view key) {
  const size_t at = params.find(key);
  return at == std::string_view::npos ? std::string_view()
                                      : text_at(params.substr(at + key.size() + 1), 0);
}

}  // namespace

SimQuestion read_question(std::string_view request_tail) {
  SimQuestion question;
  question.method = text_at(request_tail, 1);
  const size_t params = request_tail.find("\"params\":");
  if (params != std::string_view::npos) {
    question.params = request_tail.substr(params + 9, request_tail.size() - params - 10);
  }
  const size_t mark = question.params.find('#');
  if (mark != std::string_view::npos) {
    const char* begin = question.params.data() + mark + 1;
    std::from_chars(begin, question.params.data() + question.params.size(), question.call);
  }
  return question;
}

std::string sim_value(uint64_t call) {
  return quoted(hex(call * 7'919 + 1));
}
bool is_reverting(uint64_t call) {
  return call % 23 == 0;
}
bool is_refused_by_all(uint64_t call) {
  return call % 31 == 0;
}
std::string sim_transaction_hash(std::string_view params) {
  return to_hex(keccak256(from_hex(text_at(params, 0)).value_or("")));
}

SimNode::SimNode(SimChain& chain, std::vector<SimEpisode> episodes, Nanos behind)
    : chain_(chain), episodes_(std::move(episodes)), behind_(behind) {}

const SimEpisode* SimNode::during(SimFault fault, Instant now) const {
  const auto found = std::find_if(episodes_.begin(), episodes_.end(), [&](const SimEpisode& one) {
    return one.fault == fault && one.from <= now && now < one.until;
  });
  return found == episodes_.end() ? nullptr : &*found;
}

uint64_t SimNode::head(Instant now) const {
  const SimEpisode* stuck = during(SimFault::kStuck, now);
  uint64_t head = chain_.head((stuck != nullptr ? stuck->from : now) - behind_);
  if (const SimEpisode* lag = during(SimFault::kLag, now)) {
    head -= lag->amount;
  }
  if (const SimEpisode* lie = during(SimFault::kHighHead, now)) {
    head += lie->amount;
  }
  return head;
}

uint64_t SimNode::branch_at(uint64_t height, Instant now) const {
  const SimEpisode* fork = during(SimFault::kFork, now);
  const bool is_forked = fork != nullptr && height + kForkDepth >= chain_.head(fork->from);
  return is_forked ? fork->amount : 0;
}

SimAnswer SimNode::result(std::string body) const {
  SimAnswer answer;
  answer.body = std::move(body);
  answer.is_working = true;
  return answer;
}

SimAnswer SimNode::error(int code, std::string_view message, bool is_working) const {
  SimAnswer answer;
  answer.outcome = Outcome::kRpcError;
  answer.body = "{\"code\":" + std::to_string(code) + ",\"message\":" + quoted(message) + "}";
  answer.is_working = is_working;
  return answer;
}

std::string_view SimNode::missing_error() const {
  return chain_.info().family == Family::kEvm
             ? R"({"code":-32000,"message":"header not found"})"
             : R"({"code":-32004,"message":"Block not available for slot"})";
}

SimAnswer SimNode::answer(const SimQuestion& question, Instant now) {
  return chain_.info().family == Family::kEvm ? answer_evm(question, now)
                                              : answer_svm(question, now);
}

SimAnswer SimNode::answer_evm(const SimQuestion& question, Instant now) {
  const std::string_view method = question.method;
  if (method == "eth_blockNumber") {
    return answer_head(now);
  }
  if (method == "eth_chainId") {
    return answer_identity(now);
  }
  if (method == "eth_syncing") {
    return result(during(SimFault::kSyncing, now) != nullptr ? R"({"currentBlock":"0x1"})"
                                                             : "false");
  }
  if (method == "eth_getBlockByNumber") {
    return answer_block(question.params, now);
  }
  if (method == "eth_getTransactionReceipt" || method == "eth_getTransactionByHash") {
    return answer_transaction(text_at(question.params, 0), method.ends_with("Receipt"), now);
  }
  if (method == "eth_getLogs") {
    return answer_logs(question.params, now);
  }
  if (method == "eth_sendRawTransaction") {
    return take_transaction(question.params, now);
  }
  if (method == "eth_sendTransaction") {
    ++executions_[question.call];
    return result(sim_value(question.call));
  }
  return method == "eth_call" ? answer_call(question, now)
                              : error(-32601, "the method does not exist", false);
}

SimAnswer SimNode::answer_svm(const SimQuestion& question, Instant now) {
  const std::string_view method = question.method;
  if (method == "getGenesisHash") {
    return answer_identity(now);
  }
  if (method == "getHealth") {
    const bool is_sick = during(SimFault::kSyncing, now) != nullptr;
    return is_sick ? error(-32005, "Node is behind by 60 slots", false) : result("\"ok\"");
  }
  if (method == "getSlot") {
    return answer_head(now);
  }
  if (method == "sendTransaction") {
    ++executions_[question.call];
    return result(sim_value(question.call));
  }
  const size_t slot = question.params.find("\"minContextSlot\":");
  if (slot != std::string_view::npos) {
    uint64_t least = 0;
    const std::string_view digits = question.params.substr(slot + 17);
    std::from_chars(digits.data(), digits.data() + digits.size(), least);
    if (least > head(now)) {
      return error(-32016, "Minimum context slot has not been reached", false);
    }
  }
  const std::string context =
      "{\"context\":{\"slot\":" + std::to_string(head(now)) + "},\"value\":";
  if (method == "getLatestBlockhash") {
    return result(context + "{\"blockhash\":" + quoted(chain_.hash(head(now), 0)) + "}}");
  }
  return method == "getBalance" ? result(context + sim_value(question.call) + "}")
                                : error(-32601, "Method not found", false);
}

SimAnswer SimNode::answer_head(Instant now) const {
  const bool is_evm = chain_.info().family == Family::kEvm;
  SimAnswer answer = result(is_evm ? quoted(hex(head(now))) : std::to_string(head(now)));
  answer.tip = head(now);
  return answer;
}

SimAnswer SimNode::answer_identity(Instant now) const {
  const bool is_right = during(SimFault::kWrongChain, now) == nullptr;
  const bool is_evm = chain_.info().family == Family::kEvm;
  SimAnswer answer = is_evm
                         ? result(quoted(hex(chain_.info().chain_id + (is_right ? 0 : 4))))
                         : result(quoted(is_right ? SimChain::kGenesisHash : "GenesisOfAnother"));
  answer.identity = is_right;
  return answer;
}

SimAnswer SimNode::answer_block(std::string_view params, Instant now) const {
  const uint64_t newest = head(now);
  const uint64_t height = number_of(text_at(params, 0)).value_or(newest);
  if (height > newest || during(SimFault::kNullBlocks, now) != nullptr) {
    return result("null");
  }
  SimAnswer answer = result(
      "{\"number\":" + quoted(hex(height)) +
      ",\"hash\":" + quoted(chain_.hash(height, branch_at(height, now))) +
      ",\"parentHash\":" + quoted(chain_.hash(height - 1, branch_at(height - 1, now))) + "}");
  if (text_at(params, 0) == "latest") {
    answer.tip = newest;
  }
  return answer;
}

SimAnswer SimNode::answer_transaction(std::string_view hash, bool is_receipt, Instant now) const {
  const std::string name(hash);
  const auto block = chain_.mined_in(name);
  const bool is_mined = block && *block <= head(now);
  if (during(SimFault::kNullBlocks, now) != nullptr ||
      (!is_mined && (is_receipt || mempool_.count(name) == 0))) {
    return result("null");
  }
  if (!is_mined) {
    return result("{\"hash\":" + quoted(hash) + ",\"blockNumber\":null,\"blockHash\":null}");
  }
  return result("{\"blockHash\":" + quoted(chain_.hash(*block, branch_at(*block, now))) +
                ",\"blockNumber\":" + quoted(hex(*block)) + ",\"hash\":" + quoted(hash) + "}");
}

/// One log in each block of an even number.
SimAnswer SimNode::answer_logs(std::string_view params, Instant now) const {
  const uint64_t from = number_of(member(params, "\"fromBlock\"")).value_or(0);
  const uint64_t to = number_of(member(params, "\"toBlock\"")).value_or(head(now));
  if (to > head(now) && to % 3 == 0) {
    return error(-32000, "block range extends beyond current head block", false);
  }
  std::string logs;
  for (uint64_t height = from; height <= std::min(to, head(now)); ++height) {
    if (height % 2 == 0) {
      logs += (logs.empty() ? "" : ",") + ("{\"blockNumber\":" + quoted(hex(height)) + "}");
    }
  }
  SimAnswer answer = result("[" + logs + "]");
  // No logs up to a block that it has not prove nothing.
  answer.is_working = !logs.empty() || to <= head(now);
  return answer;
}

SimAnswer SimNode::answer_call(const SimQuestion& question, Instant now) const {
  const std::string_view block = text_at(question.params, 2);
  if (number_of(block).value_or(0) > head(now)) {
    return error(-32000, "header not found", false);
  }
  if (is_reverting(question.call)) {
    return error(3, "execution reverted", true);
  }
  if (is_refused_by_all(question.call)) {
    return error(-32000, kUnknownWords, false);
  }
  return result(sim_value(question.call));
}

SimAnswer SimNode::take_transaction(std::string_view params, Instant now) {
  const std::string hash = sim_transaction_hash(params);
  const auto block = chain_.mined_in(hash);
  const bool is_stale = text_at(params, 0).starts_with(kStaleTransaction);
  if (is_stale || (block && *block <= head(now))) {
    return error(-32000, "nonce too low", true);
  }
  if (!mempool_.emplace(hash, now).second) {
    return error(-32000, "already known", true);
  }
  chain_.accept(hash, now);
  return result(quoted(hash));
}

}  // namespace sidecar::testing

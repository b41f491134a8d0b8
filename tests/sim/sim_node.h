#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "core/types.h"
#include "tests/sim/sim_chain.h"
#include "tests/sim/sim_fault.h"

namespace sidecar::testing {

/// One request as a node reads it. Views point into the request.
struct SimQuestion {
  std::string_view method;
  std::string_view params;
  uint64_t call = 0;  ///< the worker's call, from the mark "#N" in the params; 0 = nobody's
};
SimQuestion read_question(std::string_view request_tail);

/// How one attempt is to end, and what it proves.
struct SimAnswer {
  Outcome outcome = Outcome::kResult;
  std::string body;
  int http_status = 200;
  std::optional<Millis> retry_after;
  Sent sent = Sent::kYes;
  bool is_working = false;       ///< takes an earlier refusal back
  bool is_refusal = false;       ///< our key or our bill
  std::optional<uint64_t> tip;   ///< the newest block that it told
  std::optional<bool> identity;  ///< whether it told the right chain
};

/// What one node of a chain knows and answers, were the way to it good.
/// Not: it has no latency and no transport (sim_provider.h). Owner: SimProvider.
class SimNode {
 public:
  SimNode(SimChain& chain, std::vector<SimEpisode> episodes, Nanos behind);

  SimAnswer answer(const SimQuestion& question, Instant now);
  /// The episode of this fault that lasts now; null = none.
  const SimEpisode* during(SimFault fault, Instant now) const;
  const std::vector<SimEpisode>& episodes() const { return episodes_; }
  uint64_t head(Instant now) const;
  /// What a node says that has not what a call names.
  std::string_view missing_error() const;
  /// Transactions that it ran because it was asked to, without a hash to know them by, by call.
  const std::unordered_map<uint64_t, uint32_t>& executions() const { return executions_; }

 private:
  SimAnswer result(std::string body) const;
  SimAnswer error(int code, std::string_view message, bool is_working) const;
  SimAnswer answer_evm(const SimQuestion& question, Instant now);
  SimAnswer answer_svm(const SimQuestion& question, Instant now);
  SimAnswer answer_head(Instant now) const;
  SimAnswer answer_identity(Instant now) const;
  SimAnswer answer_block(std::string_view params, Instant now) const;
  SimAnswer answer_transaction(std::string_view hash, bool is_receipt, Instant now) const;
  SimAnswer answer_logs(std::string_view params, Instant now) const;
  SimAnswer answer_call(const SimQuestion& question, Instant now) const;
  SimAnswer take_transaction(std::string_view params, Instant now);
  uint64_t branch_at(uint64_t height, Instant now) const;

  SimChain& chain_;
  std::vector<SimEpisode> episodes_;
  Nanos behind_;
  std::unordered_map<std::string, Instant> mempool_;
  std::unordered_map<uint64_t, uint32_t> executions_;
};

/// What every node answers to an eth_call or getBalance of this call.
std::string sim_value(uint64_t call);
/// Calls that every node reverts, or refuses in words that no table knows.
bool is_reverting(uint64_t call);
bool is_refused_by_all(uint64_t call);
/// An error that no table knows.
inline constexpr std::string_view kUnknownWords = "no wind today";
/// Raw transactions that begin so are too old for every node, and no node has them.
inline constexpr std::string_view kStaleTransaction = "0x02dead";
/// The hash of the raw transaction that is the first param.
std::string sim_transaction_hash(std::string_view params);

}  // namespace sidecar::testing

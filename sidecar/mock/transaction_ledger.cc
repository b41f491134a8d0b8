#include "mock/transaction_ledger.h"

#include <algorithm>

#include "rpc/json_writer.h"
#include "rpc/keccak.h"

namespace sidecar {

void TransactionLedger::note(std::string_view method, std::string_view params) {
  if (method != "eth_sendRawTransaction" && method != "eth_sendTransaction" &&
      method != "sendTransaction") {
    return;
  }
  std::string digest = keccak256(params);
  if (arrivals_.size() >= kTransactionsMax && !arrivals_.contains(digest)) {
    ++untracked_;
    return;
  }
  repeats_max_ = std::max(repeats_max_, ++arrivals_[std::move(digest)]);
}

std::string TransactionLedger::json() const {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().key("distinct").number(distinct());
  writer.key("max_repeats").number(repeats_max_).key("untracked").number(untracked_).end_object();
  return out;
}

}  // namespace sidecar

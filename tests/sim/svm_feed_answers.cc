// What a simulated Solana node answers: its own view, at the commitment that is asked for.

#include <algorithm>

#include "rpc/json_text.h"
#include "rpc/json_walk.h"
#include "tests/sim/svm_feed_node.h"

namespace sidecar::testing {

namespace {

/// The second element's lexeme, empty when there is none.
std::string_view second(std::string_view params) {
  JsonWalk walk(params);
  return walk.next() && walk.next() ? walk.value() : std::string_view();
}

}  // namespace

std::string SvmFeedNode::answer_to(std::string_view method, std::string_view params) const {
  const size_t count = SvmFeedChain::count(svm_level_of(params), seen_);
  if (method == "getSlot") {
    return std::to_string(chain_.slot_before(count));
  }
  if (method == "getSignaturesForAddress") {
    return signatures(params, count);
  }
  if (method == "getTransaction") {
    return transaction(params, count);
  }
  if (method == "getSignatureStatuses") {
    return status(params);
  }
  if (method == "getAccountInfo") {
    return account(params, count);
  }
  if (method == "getProgramAccounts") {
    return program_accounts(count);
  }
  return method == "getBlocks" ? block_list(params, count) : block(params, count);
}

/// The newest first, down to `until`, which may be unknown here.
std::string SvmFeedNode::signatures(std::string_view params, size_t count) const {
  const auto account = static_cast<size_t>(json_plain_string(json_first_element(params))[3] - '0');
  const std::string_view options = second(params);
  const std::string_view until = json_plain_string(json_member(options, "until"));
  uint64_t left = to_uint64(json_member(options, "limit")).value_or(1'000);
  std::string out = "[";
  for (size_t at = count; at > 0; --at) {
    const auto& transactions = chain_.blocks()[at - 1].transactions;
    for (auto one = transactions.rbegin(); one != transactions.rend(); ++one) {
      if (one->signature == until || left == 0) {
        return out + "]";
      }
      if (one->mentions[account]) {
        out += (out.size() > 1 ? ",{\"signature\":\"" : "{\"signature\":\"") + one->signature +
               "\",\"slot\":" + std::to_string(one->slot) + "}";
        --left;
      }
    }
  }
  return out + "]";
}

std::string SvmFeedNode::transaction(std::string_view params, size_t count) const {
  const SvmFeedTransaction* one = chain_.find(json_plain_string(json_first_element(params)));
  if (one == nullptr || one->slot > chain_.slot_before(count)) {
    return "null";
  }
  return "{\"slot\":" + std::to_string(one->slot) +
         ",\"meta\":{\"err\":" + std::string(SvmFeedChain::err_text(*one)) +
         ",\"logMessages\":" + SvmFeedChain::logs_list(*one) + "}}";
}

std::string SvmFeedNode::status(std::string_view params) const {
  const SvmFeedTransaction* one =
      chain_.find(json_plain_string(json_first_element(json_first_element(params))));
  std::string row = "null";
  for (const SvmLevel level : {SvmLevel::kProcessed, SvmLevel::kConfirmed, SvmLevel::kFinalized}) {
    if (one != nullptr && one->slot <= chain_.slot_before(SvmFeedChain::count(level, seen_))) {
      row = "{\"slot\":" + std::to_string(one->slot) +
            ",\"confirmations\":" + (level == SvmLevel::kFinalized ? "null" : "1") +
            ",\"err\":" + std::string(SvmFeedChain::err_text(*one)) + ",\"confirmationStatus\":\"" +
            std::string(svm_level_name(level)) + "\"}";
    }
  }
  return SvmFeedChain::in_context(chain_.slot_before(seen_), "[" + row + "]");
}

std::string SvmFeedNode::account(std::string_view params, size_t count) const {
  const auto which = static_cast<size_t>(json_plain_string(json_first_element(params))[3] - '0');
  const uint64_t lamports = chain_.lamports(which, count);
  return SvmFeedChain::in_context(chain_.slot_before(count),
                                  lamports == 0 ? "null" : SvmFeedChain::account_text(lamports));
}

std::string SvmFeedNode::program_accounts(size_t count) const {
  std::string list = "[";
  for (size_t which = 1; which < SvmFeedChain::kAccounts; ++which) {
    const uint64_t lamports = chain_.lamports(which, count);
    if (lamports > 0) {
      list += (list.size() > 1 ? "," : "") + SvmFeedChain::keyed_text({which, lamports});
    }
  }
  return SvmFeedChain::in_context(chain_.slot_before(count), list + "]");
}

std::string SvmFeedNode::block_list(std::string_view params, size_t count) const {
  const uint64_t from = to_uint64(json_first_element(params)).value_or(0);
  const uint64_t to = to_uint64(second(params)).value_or(0);
  std::string list = "[";
  for (size_t at = chain_.index_of(from); at < count && chain_.blocks()[at].slot <= to; ++at) {
    list += (list.size() > 1 ? "," : "") + std::to_string(chain_.blocks()[at].slot);
  }
  return list + "]";
}

std::string SvmFeedNode::block(std::string_view params, size_t count) const {
  const uint64_t slot = to_uint64(json_first_element(params)).value_or(0);
  const size_t at = chain_.index_of(slot);
  return at < count && chain_.blocks()[at].slot == slot
             ? SvmFeedChain::block_text(chain_.blocks()[at])
             : "null";
}

}  // namespace sidecar::testing

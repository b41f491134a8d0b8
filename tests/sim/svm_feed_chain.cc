#include "tests/sim/svm_feed_chain.h"

#include <algorithm>

namespace sidecar::testing {

namespace {

constexpr size_t kBlocksAtStart = 40;
constexpr size_t kFinalizedLag = 32;

}  // namespace

std::string_view svm_level_name(SvmLevel level) {
  switch (level) {
    case SvmLevel::kProcessed:
      return "processed";
    case SvmLevel::kConfirmed:
      return "confirmed";
    case SvmLevel::kFinalized:
      return "finalized";
  }
  return "";
}

SvmLevel svm_level_of(std::string_view params) {
  for (const SvmLevel level : {SvmLevel::kProcessed, SvmLevel::kConfirmed}) {
    if (params.find(svm_level_name(level)) != std::string_view::npos) {
      return level;
    }
  }
  return SvmLevel::kFinalized;
}

SvmFeedChain::SvmFeedChain(Random& random) : random_(random) {
  while (blocks_.size() < kBlocksAtStart) {
    grow();
  }
}

void SvmFeedChain::grow() {
  SvmFeedBlock block;
  block.parent = slot_before(blocks_.size());
  block.slot = block.parent + 1 + (random_.below(6) == 0 ? 1 + random_.below(2) : 0);
  for (uint64_t left = random_.below(5); left > 0; --left) {
    add_transaction(block);
  }
  blocks_.push_back(std::move(block));
}

void SvmFeedChain::add_transaction(SvmFeedBlock& block) {
  SvmFeedTransaction one;
  one.signature = signature(made_++);
  one.slot = block.slot;
  one.is_failed = random_.below(5) == 0;
  one.mentions[random_.below(kAccounts)] = true;
  one.mentions[random_.below(kAccounts)] = true;
  for (size_t account = 0; account < kAccounts; ++account) {
    if (one.mentions[account] && !one.is_failed && random_.below(2) == 0) {
      change(block, account);
    }
  }
  places_.emplace(one.signature, std::pair(blocks_.size(), block.transactions.size()));
  block.transactions.push_back(std::move(one));
}

/// New, gone, or as it was before the last change.
void SvmFeedChain::change(SvmFeedBlock& block, size_t account) {
  std::vector<State>& states = states_[account];
  const uint64_t what = random_.below(4);
  uint64_t lamports = next_lamports_++;
  if (what == 0) {
    lamports = 0;
  } else if (what == 1 && states.size() > 1) {
    lamports = states[states.size() - 2].lamports;
  }
  const bool is_known = had(account, block.slot, lamports) || (states.empty() && lamports == 0);
  if (is_known) {
    lamports = next_lamports_++;
  }
  states.push_back({block.slot, lamports});
  block.changes.push_back({account, lamports});
}

size_t SvmFeedChain::count(SvmLevel level, size_t seen) {
  switch (level) {
    case SvmLevel::kProcessed:
      return seen;
    case SvmLevel::kConfirmed:
      return seen - (seen % 3 == 0 ? 2 : 1);
    case SvmLevel::kFinalized:
      return seen - kFinalizedLag;
  }
  return 0;
}

size_t SvmFeedChain::index_of(uint64_t slot) const {
  const auto at =
      std::lower_bound(blocks_.begin(), blocks_.end(), slot,
                       [](const SvmFeedBlock& one, uint64_t than) { return one.slot < than; });
  return static_cast<size_t>(at - blocks_.begin());
}

const SvmFeedTransaction* SvmFeedChain::find(std::string_view signature) const {
  const auto at = places_.find(std::string(signature));
  return at == places_.end() ? nullptr : &blocks_[at->second.first].transactions[at->second.second];
}

uint64_t SvmFeedChain::lamports(size_t account, size_t count) const {
  const uint64_t slot = slot_before(count);
  const auto& states = states_[account];
  const auto last = std::find_if(states.rbegin(), states.rend(),
                                 [slot](const State& one) { return one.slot <= slot; });
  return last == states.rend() ? 0 : last->lamports;
}

bool SvmFeedChain::had(size_t account, uint64_t slot, uint64_t lamports) const {
  const auto& states = states_[account];
  for (auto state = states.rbegin(); state != states.rend(); ++state) {
    if (state->slot <= slot && state->lamports == lamports) {
      return true;
    }
    if (state->slot < slot) {
      return false;
    }
  }
  return lamports == 0;
}

bool SvmFeedChain::has_changed(size_t account, uint64_t after_slot, uint64_t to_slot) const {
  const auto& states = states_[account];
  return std::any_of(states.begin(), states.end(), [after_slot, to_slot](const State& one) {
    return one.slot > after_slot && one.slot <= to_slot;
  });
}

std::string SvmFeedChain::account_text(uint64_t lamports) {
  return lamports == 0 ? R"({"lamports":0,"data":"","owner":"11111111111111111111111111111111",)"
                         R"("executable":false,"rentEpoch":0})"
                       : "{\"lamports\":" + std::to_string(lamports) +
                             R"(,"data":"","owner":"Prog","executable":false,"rentEpoch":0})";
}

std::string SvmFeedChain::keyed_text(const SvmFeedChange& change) {
  return "{\"pubkey\":\"" + name_of(change.account) +
         "\",\"account\":" + account_text(change.lamports) + "}";
}

std::string_view SvmFeedChain::err_text(const SvmFeedTransaction& transaction) {
  return transaction.is_failed ? R"({"InstructionError":[0,"Custom"]})" : "null";
}

std::string SvmFeedChain::logs_list(const SvmFeedTransaction& transaction) {
  return "[\"Program log: " + transaction.signature + "\"]";
}

std::string SvmFeedChain::logs_text(const SvmFeedTransaction& transaction) {
  std::string text = "{\"signature\":\"" + transaction.signature + "\",\"err\":";
  text.append(err_text(transaction)).append(",\"logs\":").append(logs_list(transaction));
  return text += '}';
}

std::string SvmFeedChain::block_text(const SvmFeedBlock& block) {
  std::string text = "{\"parentSlot\":" + std::to_string(block.parent) + ",\"signatures\":[";
  for (const SvmFeedTransaction& one : block.transactions) {
    text += (text.back() == '[' ? "\"" : ",\"") + one.signature + '"';
  }
  return text += "]}";
}

std::string SvmFeedChain::in_context(uint64_t slot, std::string_view value) {
  std::string text = "{\"context\":{\"slot\":" + std::to_string(slot) + "},\"value\":";
  return text.append(value).append("}");
}

}  // namespace sidecar::testing

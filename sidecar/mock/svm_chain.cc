#include "mock/svm_chain.h"

#include <algorithm>

#include "base/random.h"

namespace sidecar {

namespace {

constexpr uint64_t kSkipsPerPeriod = 3;
constexpr uint64_t kTransactionsMax = 6;  // made up, a block
constexpr uint64_t kConfirmedLag = 1;
constexpr uint64_t kFinalizedLag = 32;
constexpr uint64_t kLeaderSlots = 4;  // in a row
constexpr uint64_t kLamportsPerSol = 1'000'000'000;
constexpr uint64_t kAirdropMarker = uint64_t{1} << 63;  // keeps signatures apart from made-up ones
constexpr uint64_t kRecipientStep = SvmChain::kWallets / 2 + 1;

}  // namespace

SvmChain::SvmChain(const SvmChainOptions& options)
    : options_(options), derivation_(options.seed), hashes_(options.seed) {
  Random random(derivation_.number(Domain::kBlockShape, 0));
  for (uint64_t i = 0; i < kSkipsPerPeriod; ++i) {
    is_skipped_[1 + random.below(kPeriod - 1)] = true;  // never slot 0
  }
  for (size_t i = 0; i < kPeriod; ++i) {
    const uint64_t count = is_skipped_[i] ? 0 : 1 + random.below(kTransactionsMax);
    blocks_before_[i + 1] = blocks_before_[i] + (is_skipped_[i] ? 0 : 1);
    transactions_before_[i + 1] = transactions_before_[i] + count;
  }
  for (uint64_t i = 0; i < kWallets; ++i) {
    wallets_.push_back(derivation_.bytes(Domain::kAccount, i, 32));
    wallet_numbers_.emplace(wallets_.back(), i);
  }
}

uint64_t SvmChain::newest_slot(Millis now) const {
  const Millis age = std::max(now - options_.genesis_unix, Millis(0));
  return static_cast<uint64_t>(age / options_.slot_time);
}

uint64_t SvmChain::slot(Millis now, Commitment commitment) const {
  const uint64_t newest = newest_slot(now);
  uint64_t lag = 0;
  switch (commitment) {
    case Commitment::kProcessed:
      break;
    case Commitment::kConfirmed:
      lag = kConfirmedLag;
      break;
    case Commitment::kFinalized:
      lag = kFinalizedLag;
      break;
  }
  uint64_t slot = newest - std::min(newest, lag);
  while (is_skipped(slot)) {
    --slot;
  }
  return slot;
}

uint64_t SvmChain::next_block_slot(uint64_t slot) const {
  do {
    ++slot;
  } while (is_skipped(slot));
  return slot;
}

uint64_t SvmChain::parent_slot(uint64_t slot) const {
  while (slot > 0 && is_skipped(--slot)) {
  }
  return slot;
}

uint64_t SvmChain::block_height(uint64_t slot) const {
  return slot / kPeriod * blocks_before_[kPeriod] + blocks_before_[slot % kPeriod + 1] - 1;
}

uint64_t SvmChain::unix_seconds(uint64_t slot) const {
  return static_cast<uint64_t>(slot_begin(slot) / Millis(1'000));
}

std::string SvmChain::blockhash(uint64_t slot) const {
  return hashes_.hash(slot);
}

std::optional<uint64_t> SvmChain::slot_of(std::string_view blockhash) const {
  const auto slot = hashes_.block_of(blockhash);
  return slot && !is_skipped(*slot) ? slot : std::nullopt;
}

bool SvmChain::is_blockhash_valid(std::string_view blockhash, uint64_t slot) const {
  const auto made_in = slot_of(blockhash);
  return made_in && *made_in <= slot &&
         block_height(slot) - block_height(*made_in) <= kBlockhashAgeMax;
}

std::string SvmChain::leader(uint64_t slot) const {
  return derivation_.bytes(Domain::kLeader,
                           derivation_.number(Domain::kLeader, slot / kLeaderSlots) % kWallets, 32);
}

uint64_t SvmChain::first_serial(uint64_t slot) const {
  return slot / kPeriod * transactions_before_[kPeriod] + transactions_before_[slot % kPeriod];
}

uint64_t SvmChain::slot_of_serial(uint64_t serial) const {
  const uint64_t per_period = transactions_before_[kPeriod];
  const auto after = std::upper_bound(transactions_before_.begin(), transactions_before_.end(),
                                      serial % per_period);
  return serial / per_period * kPeriod +
         static_cast<uint64_t>(after - transactions_before_.begin()) - 1;
}

/// Payers and recipients take turns, so that nonces, fees and histories are divisions.
bool SvmChain::is_named(size_t wallet, uint64_t serial) const {
  return serial % kWallets == wallet || (serial + kRecipientStep) % kWallets == wallet;
}

SvmTransaction SvmChain::made_transaction(uint64_t serial) const {
  Random random(derivation_.number(Domain::kTransaction, serial));
  const uint64_t slot = slot_of_serial(serial);
  const std::string& from = wallets_[serial % kWallets];
  const std::string& to = wallets_[(serial + kRecipientStep) % kWallets];
  const uint64_t lamports = 1 + random.below(kLamportsPerSol);
  SvmTransaction made = make_svm_transfer(derivation_.marked_bytes(Domain::kSignature, serial, 64),
                                          from, to, lamports, blockhash(parent_slot(slot)));
  made.slot = slot;
  made.index = serial - first_serial(slot);
  if (random.below(12) == 0) {
    made.failed_instruction = 0;
  }
  made.balances_before = {balance(from, slot) + kLamportsPerSol + kLamportsPerSignature,
                          balance(to, slot), 1};
  made.balances_after = made.balances_before;
  made.balances_after[0] -= kLamportsPerSignature;
  if (!made.failed_instruction) {
    made.balances_after[0] -= lamports;
    made.balances_after[1] += lamports;
  }
  return made;
}

std::vector<SvmTransaction> SvmChain::transactions(uint64_t slot) const {
  std::vector<SvmTransaction> all;
  for (uint64_t serial = first_serial(slot); serial < first_serial(slot + 1); ++serial) {
    all.push_back(made_transaction(serial));
  }
  if (const auto sent = sent_signatures_.find(slot); sent != sent_signatures_.end()) {
    for (const std::string& signature : sent->second) {
      all.push_back(sent_.at(signature));
    }
  }
  return all;
}

uint64_t SvmChain::transaction_count(uint64_t slot) const {
  return first_serial(slot + 1);
}

std::optional<SvmTransaction> SvmChain::transaction(std::string_view signature) const {
  if (const auto sent = sent_.find(std::string(signature)); sent != sent_.end()) {
    return sent->second;
  }
  const auto serial = signature.size() == 64 ? derivation_.index_of(Domain::kSignature, signature)
                                             : std::optional<uint64_t>();
  return serial ? std::optional(made_transaction(*serial)) : std::nullopt;
}

SvmChain::Position SvmChain::position_before(const HistoryQuery& query) const {
  Position end{query.slot_max + 1, 0};
  if (!query.before.empty()) {
    const auto found = transaction(query.before);
    end = found ? std::min(end, Position{found->slot, found->index}) : Position{0, 0};
  }
  return end;
}

void SvmChain::add_sent_history(const HistoryQuery& query, std::vector<SvmTransaction>& out) const {
  const Position end = position_before(query);
  for (auto signature = sent_order_.rbegin(); signature != sent_order_.rend(); ++signature) {
    const SvmTransaction& sent = sent_.at(*signature);
    if (Position{sent.slot, sent.index} < end &&
        std::find(sent.message.keys.begin(), sent.message.keys.end(), query.address) !=
            sent.message.keys.end()) {
      out.push_back(sent);
    }
    if (out.size() == query.limit) {
      return;
    }
  }
}

void SvmChain::add_made_history(const HistoryQuery& query, std::vector<SvmTransaction>& out) const {
  const auto wallet = wallet_numbers_.find(std::string(query.address));
  const bool is_in_all = query.address == kSystemProgram;
  if (wallet == wallet_numbers_.end() && !is_in_all) {
    return;
  }
  const auto [slot, index] = position_before(query);
  uint64_t serial = std::min(first_serial(slot) + index, first_serial(slot + 1));
  for (size_t count = 0; count < query.limit && serial > 0;) {
    --serial;
    if (is_in_all || is_named(wallet->second, serial)) {
      out.push_back(made_transaction(serial));
      ++count;
    }
  }
}

std::vector<SvmTransaction> SvmChain::history(const HistoryQuery& query) const {
  std::vector<SvmTransaction> sent;
  std::vector<SvmTransaction> made;
  add_sent_history(query, sent);
  add_made_history(query, made);
  std::vector<SvmTransaction> all(sent.size() + made.size());
  std::merge(std::make_move_iterator(sent.begin()), std::make_move_iterator(sent.end()),
             std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()),
             all.begin(), [](const SvmTransaction& a, const SvmTransaction& b) {
               return Position{a.slot, a.index} > Position{b.slot, b.index};
             });
  all.resize(std::min(all.size(), query.limit));
  const auto last = std::find_if(all.begin(), all.end(), [&query](const SvmTransaction& each) {
    return each.signatures[0] == query.until;
  });
  all.erase(last, all.end());
  return all;
}

uint64_t SvmChain::balance(std::string_view key, uint64_t slot) const {
  int64_t lamports = 0;
  if (const auto wallet = wallet_numbers_.find(std::string(key)); wallet != wallet_numbers_.end()) {
    const uint64_t start = 1'000 + derivation_.number_of(Domain::kBalance, key) % 1'000;
    const uint64_t paid = (first_serial(slot + 1) + kWallets - 1 - wallet->second) / kWallets;
    const uint64_t fees = std::min(paid * kLamportsPerSignature, start * kLamportsPerSol);
    lamports = static_cast<int64_t>(start * kLamportsPerSol - fees);
  }
  if (const auto changes = changes_.find(std::string(key)); changes != changes_.end()) {
    for (const auto& [changed_in, change] : changes->second) {
      lamports += changed_in <= slot ? change : 0;
    }
  }
  return static_cast<uint64_t>(std::max<int64_t>(lamports, 0));
}

SvmExecution SvmChain::execute(const SvmTransaction& transaction, uint64_t slot) const {
  using Fault = SvmExecution::Fault;
  const SvmMessage& message = transaction.message;
  SvmExecution run;
  for (const std::string& key : message.keys) {
    run.balances_before.push_back(key == kSystemProgram ? 1 : balance(key, slot));
  }
  run.balances_after = run.balances_before;
  if (sent_.contains(transaction.signatures[0])) {
    run.fault = Fault::kAlreadyProcessed;
  } else if (!is_blockhash_valid(message.blockhash, slot)) {
    run.fault = Fault::kBlockhashNotFound;
  } else if (run.balances_before[0] == 0) {
    run.fault = Fault::kAccountNotFound;
  } else if (run.balances_before[0] < transaction.fee()) {
    run.fault = Fault::kInsufficientFundsForFee;
  }
  if (run.fault != Fault::kNone) {
    return run;
  }
  run.balances_after[0] -= transaction.fee();
  const std::vector<uint64_t> after_fee = run.balances_after;
  for (size_t i = 0; i < message.instructions.size(); ++i) {
    const auto transfer = transfer_of(message, message.instructions[i]);
    if (!transfer) {
      continue;
    }
    if (!message.is_signer(transfer->from) ||
        run.balances_after[transfer->from] < transfer->lamports) {
      run.fault = Fault::kInstruction;
      run.instruction = i;
      run.balances_after = after_fee;
      return run;
    }
    run.balances_after[transfer->from] -= transfer->lamports;
    run.balances_after[transfer->to] += transfer->lamports;
  }
  return run;
}

Status SvmChain::send(SvmTransaction transaction, Millis now) {
  if (sent_.size() >= kSentMax) {
    return Error{Errc::kLimit, "too many transactions were sent to this mock"};
  }
  transaction.slot = next_block_slot(slot(now, Commitment::kProcessed));
  const SvmExecution run = execute(transaction, transaction.slot);
  if (!run.lands()) {
    return Done{};
  }
  std::vector<std::string>& landed = sent_signatures_[transaction.slot];
  transaction.index =
      first_serial(transaction.slot + 1) - first_serial(transaction.slot) + landed.size();
  if (run.fault == SvmExecution::Fault::kInstruction) {
    transaction.failed_instruction = run.instruction;
  }
  transaction.balances_before = run.balances_before;
  transaction.balances_after = run.balances_after;
  for (size_t i = 0; i < transaction.message.keys.size(); ++i) {
    const auto change = static_cast<int64_t>(run.balances_after[i] - run.balances_before[i]);
    if (change != 0) {
      changes_[transaction.message.keys[i]].emplace_back(transaction.slot, change);
    }
  }
  const std::string signature = transaction.signatures[0];
  landed.push_back(signature);
  sent_order_.push_back(signature);
  sent_.emplace(signature, std::move(transaction));
  return Done{};
}

Result<std::string> SvmChain::airdrop(std::string_view to, uint64_t lamports, Millis now) {
  const std::string signature =
      derivation_.bytes(Domain::kSignature, kAirdropMarker | sent_order_.size(), 64);
  SvmTransaction transfer = make_svm_transfer(signature, wallets_[0], to, lamports,
                                              blockhash(slot(now, Commitment::kFinalized)));
  auto sent = send(std::move(transfer), now);
  if (!sent.ok()) {
    return sent.error();
  }
  return signature;
}

}  // namespace sidecar

#include "mock/evm_chain.h"

#include <algorithm>

#include "base/random.h"

namespace sidecar {

namespace {

constexpr Wide kGwei = 1'000'000'000;
constexpr Wide kEther = kGwei * kGwei;
constexpr uint64_t kTransactionsMax = 14;  // made up, a block
constexpr uint64_t kFeeWave = 128;         // blocks from one trough of the base fee to the next
constexpr uint64_t kGasValue = 21'000;
constexpr uint64_t kGasToken = 51'234;
constexpr uint64_t kGasFailed = 27'318;

}  // namespace

EvmChain::EvmChain(const EvmChainOptions& options)
    : options_(options), derivation_(options.seed), hashes_(options.seed) {
  for (uint64_t i = 0; i < kPeriod; ++i) {
    if (i > 0) {  // block 0 has none
      counts_[i] = 1 + derivation_.number(Domain::kBlockShape, i) % kTransactionsMax;
    }
    counts_before_[i + 1] = counts_before_[i] + counts_[i];
  }
  for (uint64_t i = 0; i < kAccounts; ++i) {
    accounts_.push_back(derivation_.bytes(Domain::kAccount, i, 20));
    account_numbers_.emplace(accounts_.back(), i);
  }
  for (uint64_t i = 0; i < kTokens; ++i) {
    tokens_.push_back(derivation_.bytes(Domain::kToken, i, 20));
  }
}

uint64_t EvmChain::head(Millis now) const {
  const Millis age = std::max(now - options_.genesis_unix, Millis(0));
  return static_cast<uint64_t>(age / options_.block_time);
}

std::string EvmChain::block_hash(uint64_t number) const {
  return hashes_.hash(number);
}

std::optional<uint64_t> EvmChain::number_of(std::string_view block_hash) const {
  return hashes_.block_of(block_hash);
}

uint64_t EvmChain::unix_seconds(uint64_t number) const {
  const Millis made_at = options_.genesis_unix + options_.block_time * static_cast<int64_t>(number);
  return static_cast<uint64_t>(made_at / Millis(1'000));
}

Wide EvmChain::base_fee(uint64_t number) const {
  const uint64_t phase = number % kFeeWave;
  const uint64_t height = std::min(phase, kFeeWave - phase);
  return 8 * kGwei + height * (kGwei / 5) + derivation_.number(Domain::kFee, number) % kGwei;
}

uint64_t EvmChain::first_serial(uint64_t block) const {
  return block / kPeriod * counts_before_[kPeriod] + counts_before_[block % kPeriod];
}

uint64_t EvmChain::block_of(uint64_t serial) const {
  const uint64_t per_period = counts_before_[kPeriod];
  const auto after =
      std::upper_bound(counts_before_.begin(), counts_before_.end(), serial % per_period);
  return serial / per_period * kPeriod + static_cast<uint64_t>(after - counts_before_.begin()) - 1;
}

Status EvmChain::reorganise(uint64_t from, uint64_t salt, Millis now) {
  if (from == 0 || from > head(now)) {
    return Error{Errc::kInvalid, "at: want a block from 1 to the head"};
  }
  if (hashes_.reorganisations() == BlockHashes::kReorganisationsMax) {
    return Error{Errc::kLimit, "that would be more than 1000 reorganisations"};
  }
  hashes_.reorganise(from, salt, head(now));
  return Done{};
}

const Derivation& EvmChain::maker(uint64_t serial, uint64_t block) const {
  return serial % 2 == 0 ? derivation_ : hashes_.derivation(block);
}

std::optional<uint64_t> EvmChain::serial_of(std::string_view hash) const {
  if (hash.size() != 32) {
    return std::nullopt;
  }
  const auto kept = derivation_.index_of(Domain::kTransaction, hash);
  return kept && *kept % 2 == 0
             ? kept
             : hashes_.index_of(Domain::kTransaction, hash,
                                [this](uint64_t serial) { return block_of(serial); });
}

EvmChain::Plan EvmChain::plan(uint64_t serial, uint64_t block) const {
  Random random(maker(serial, block).number(Domain::kTransaction, serial));
  Plan plan{};
  const uint64_t kind = random.below(10);
  plan.kind = kind < 6   ? Plan::Kind::kToken
              : kind < 9 ? Plan::Kind::kValue
                         : Plan::Kind::kFailedToken;
  plan.from = serial % kAccounts;  // in turns, which makes nonces a division
  plan.to = random.below(kAccounts);
  plan.token = random.below(kTokens);
  plan.amount = Wide{random.below(1'000'000) + 1} * 10'000'000'000'000;
  plan.priority_fee = kGwei / 10 + random.below(2'000'000'000);
  plan.is_legacy = random.below(4) == 0;
  return plan;
}

EvmLog EvmChain::log_of(const Plan& plan) const {
  return erc20_transfer_log(tokens_[plan.token], accounts_[plan.from], accounts_[plan.to],
                            plan.amount);
}

EvmTransaction EvmChain::made_transaction(uint64_t serial, uint64_t block, uint64_t index) const {
  const Plan plan = this->plan(serial, block);
  EvmTransaction made;
  made.hash = maker(serial, block).marked_bytes(Domain::kTransaction, serial, 32);
  made.block = block;
  made.index = index;
  made.from = accounts_[plan.from];
  made.nonce = serial / kAccounts;
  made.type = plan.is_legacy ? 0 : 2;
  made.priority_fee_max = plan.priority_fee;
  made.fee_max = base_fee(block) * (plan.is_legacy ? 1 : 2) + plan.priority_fee;
  if (plan.is_legacy) {
    made.priority_fee_max = made.fee_max;
  }
  made.v = plan.is_legacy ? options_.chain_id * 2 + 35 + serial % 2 : serial % 2;
  made.r = derivation_.bytes(Domain::kSignature, 2 * serial, 32);
  made.s = derivation_.bytes(Domain::kSignature, 2 * serial + 1, 32);
  if (plan.kind == Plan::Kind::kValue) {
    made.to = accounts_[plan.to];
    made.value = plan.amount;
    made.gas_limit = made.gas_used = kGasValue;
    return made;
  }
  made.to = tokens_[plan.token];
  made.input = erc20_transfer_input(accounts_[plan.to], plan.amount);
  made.gas_limit = 90'000;
  made.is_success = plan.kind == Plan::Kind::kToken;
  made.gas_used = made.is_success ? kGasToken : kGasFailed;
  if (made.is_success) {
    made.log = log_of(plan);
  }
  return made;
}

EvmBlock EvmChain::block(uint64_t number) const {
  EvmBlock block;
  block.number = number;
  block.hash = block_hash(number);
  block.parent_hash = number == 0 ? std::string(32, '\0') : block_hash(number - 1);
  block.unix_seconds = unix_seconds(number);
  block.miner = accounts_[derivation_.number(Domain::kLeader, number) % kAccounts];
  block.base_fee = base_fee(number);
  for (uint64_t i = 0; i < made_count(number); ++i) {
    block.transactions.push_back(made_transaction(first_serial(number) + i, number, i));
  }
  for (const std::string& hash : sent_in(number)) {
    block.transactions.push_back(sent_.at(hash));
  }
  uint64_t log_index = 0;
  for (EvmTransaction& transaction : block.transactions) {
    block.gas_used += transaction.gas_used;
    if (transaction.log) {
      transaction.log->block = number;
      transaction.log->transaction_index = transaction.index;
      transaction.log->log_index = log_index++;
    }
  }
  return block;
}

std::optional<EvmTransaction> EvmChain::transaction(std::string_view hash) const {
  uint64_t number = 0;
  uint64_t index = 0;
  if (const auto sent = sent_.find(std::string(hash)); sent != sent_.end()) {
    number = sent->second.block;
    index = sent->second.index;
  } else {
    const auto serial = serial_of(hash);
    if (!serial) {
      return std::nullopt;
    }
    number = block_of(*serial);
    index = *serial - first_serial(number);
  }
  return block(number).transactions.at(index);
}

std::string EvmChain::transaction_hash(uint64_t block, uint64_t index) const {
  if (index < made_count(block)) {
    const uint64_t serial = first_serial(block) + index;
    return maker(serial, block).marked_bytes(Domain::kTransaction, serial, 32);
  }
  return sent_hashes_.at(block).at(index - made_count(block));
}

/// As block() does it, without the transactions: a range of 10,000 blocks is searched in a moment.
std::vector<EvmLog> EvmChain::logs(uint64_t block) const {
  std::vector<EvmLog> logs;
  const auto add = [&logs, block](EvmLog log, uint64_t transaction_index) {
    log.block = block;
    log.transaction_index = transaction_index;
    log.log_index = logs.size();
    logs.push_back(std::move(log));
  };
  for (uint64_t i = 0; i < made_count(block); ++i) {
    const Plan plan = this->plan(first_serial(block) + i, block);
    if (plan.kind == Plan::Kind::kToken) {
      add(log_of(plan), i);
    }
  }
  for (const std::string& hash : sent_in(block)) {
    const EvmTransaction& sent = sent_.at(hash);
    if (sent.log) {
      add(*sent.log, sent.index);
    }
  }
  return logs;
}

std::vector<std::string> EvmChain::sent_in(uint64_t block) const {
  const auto found = sent_hashes_.find(block);
  return found == sent_hashes_.end() ? std::vector<std::string>() : found->second;
}

Result<std::string> EvmChain::send(std::string_view raw, Millis now) {
  auto parsed = parse_raw_transaction(raw);
  if (!parsed.ok()) {
    return parsed.error();
  }
  EvmTransaction transaction = std::move(parsed).value();
  if (sent_.contains(transaction.hash)) {
    return Error{Errc::kInUse, "already known"};
  }
  if (sent_.size() >= kSentMax) {
    return Error{Errc::kLimit, "txpool is full"};
  }
  transaction.is_sent = true;
  transaction.block = head(now) + 1;
  std::vector<std::string>& hashes = sent_hashes_[transaction.block];
  transaction.index = made_count(transaction.block) + hashes.size();
  hashes.push_back(transaction.hash);
  sent_order_.push_back(transaction.hash);
  const std::string hash = transaction.hash;
  sent_.emplace(hash, std::move(transaction));
  return hash;
}

bool EvmChain::is_token(std::string_view address) const {
  return std::find(tokens_.begin(), tokens_.end(), address) != tokens_.end();
}

uint64_t EvmChain::nonce(std::string_view address, uint64_t block) const {
  const auto found = account_numbers_.find(std::string(address));
  if (found == account_numbers_.end()) {
    return 0;
  }
  return (first_serial(block + 1) + kAccounts - 1 - found->second) / kAccounts;
}

/// What an account owns shrinks as its nonce grows, so that balances move with the chain.
Wide EvmChain::balance(std::string_view address, uint64_t block) const {
  const Wide start = derivation_.number_of(Domain::kBalance, address) % 900 * kEther + 100 * kEther;
  const Wide spent = nonce(address, block) * (kEther / 100'000);
  return start > spent ? start - spent : 0;
}

Wide EvmChain::token_balance(std::string_view token, std::string_view address) const {
  Wide unit = 1;
  for (uint8_t i = 0; i < token_decimals(token); ++i) {
    unit *= 10;
  }
  const uint64_t drawn =
      derivation_.number_of(Domain::kBalance, std::string(token).append(address));
  return drawn % 1'000'000 * unit;
}

/// The first token is like a stablecoin, the others have the usual 18.
uint8_t EvmChain::token_decimals(std::string_view token) const {
  return token == tokens_[0] ? 6 : 18;
}

}  // namespace sidecar

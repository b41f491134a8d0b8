#include "mock/evm_transaction.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "rpc/keccak.h"
#include "rpc/rlp.h"

namespace sidecar {

namespace {

constexpr size_t kRlpItemsMax = 64;
constexpr uint64_t kGasPlain = 21'000;

// keccak256("Transfer(address,address,uint256)")
constexpr std::string_view kTransferTopic =
    "\xdd\xf2\x52\xad\x1b\xe2\xc8\x9b\x69\xc2\xb0\x68\xfc\x37\x8d\xaa"
    "\x95\x2b\xa7\xf1\x63\xc4\xa1\x16\x28\xf5\x5a\x4d\xf5\x23\xb3\xef";
constexpr std::string_view kTransferSelector = "\xa9\x05\x9c\xbb";  // transfer(address,uint256)

/// Where the fields of a transaction type lie in its list; -1 = it has none.
struct Layout {
  uint8_t type;
  size_t size;  // fewest items: the signature included
  int nonce, priority_fee, fee, gas, to, value, input, v;
};
constexpr std::array<Layout, 5> kLayouts{{
    {0, 9, 0, 1, 1, 2, 3, 4, 5, 6},
    {1, 11, 1, 2, 2, 3, 4, 5, 6, 8},
    {2, 12, 1, 2, 3, 4, 5, 6, 7, 9},
    {3, 14, 1, 2, 3, 4, 5, 6, 7, 11},
    {4, 13, 1, 2, 3, 4, 5, 6, 7, 10},
}};

std::string word_of(std::string_view bytes) {
  return std::string(32 - bytes.size(), '\0').append(bytes);
}

Error refused(std::string detail) {
  return Error{Errc::kInvalid, std::move(detail)};
}

/// Reads numbers from the list's items and remembers whether one did not fit.
struct Fields {
  std::span<const RlpItem> items;
  bool is_sound = true;

  Wide number(int index) {
    const RlpItem& item = items[static_cast<size_t>(index)];
    const auto value = from_big_endian(item.bytes);
    is_sound = is_sound && !item.is_list && value.has_value();
    return value.value_or(0);
  }
  uint64_t small_number(int index) {
    const Wide value = number(index);
    is_sound = is_sound && value <= UINT64_MAX;
    return static_cast<uint64_t>(value);
  }
  std::string bytes(int index) {
    const RlpItem& item = items[static_cast<size_t>(index)];
    is_sound = is_sound && !item.is_list;
    return std::string(item.bytes);
  }
};

uint64_t gas_for(const EvmTransaction& transaction) {
  const uint64_t per_byte = 16 * transaction.input.size();
  const uint64_t creation = transaction.to.empty() ? 32'000 + 200 * transaction.input.size() : 0;
  return std::min(transaction.gas_limit, kGasPlain + per_byte + creation);
}

/// A call of transfer(address,uint256) leaves its event, whatever contract it goes to.
void add_event(EvmTransaction& transaction) {
  const std::string& input = transaction.input;
  if (transaction.to.empty() || input.size() != 68 || !input.starts_with(kTransferSelector)) {
    return;
  }
  const auto amount = from_big_endian(std::string_view(input).substr(36));
  if (amount) {
    transaction.log = erc20_transfer_log(transaction.to, transaction.from,
                                         std::string_view(input).substr(16, 20), *amount);
  }
}

Result<EvmTransaction> from_items(const Layout& layout, std::span<const RlpItem> items) {
  Fields fields{items};
  EvmTransaction transaction;
  transaction.type = layout.type;
  transaction.nonce = fields.small_number(layout.nonce);
  transaction.priority_fee_max = fields.number(layout.priority_fee);
  transaction.fee_max = fields.number(layout.fee);
  transaction.gas_limit = fields.small_number(layout.gas);
  transaction.to = fields.bytes(layout.to);
  transaction.value = fields.number(layout.value);
  transaction.input = fields.bytes(layout.input);
  transaction.v = fields.small_number(layout.v);
  transaction.r = fields.bytes(layout.v + 1);
  transaction.s = fields.bytes(layout.v + 2);
  if (!fields.is_sound || (transaction.to.size() != 20 && !transaction.to.empty())) {
    return refused("rlp: a field of the transaction has the wrong size");
  }
  if (transaction.r.empty() || transaction.s.empty() || transaction.r.size() > 32 ||
      transaction.s.size() > 32) {
    return refused("invalid transaction v, r, s values");
  }
  if (transaction.gas_limit < kGasPlain) {
    return refused("intrinsic gas too low: gas " + std::to_string(transaction.gas_limit) +
                   ", minimum needed 21000");
  }
  return transaction;
}

}  // namespace

std::string erc20_transfer_input(std::string_view to, Wide amount) {
  return std::string(kTransferSelector) + word_of(to) + to_big_endian(amount, 32);
}

EvmLog erc20_transfer_log(std::string_view token, std::string_view from, std::string_view to,
                          Wide amount) {
  EvmLog log;
  log.address = token;
  log.topics = {std::string(kTransferTopic), word_of(from), word_of(to)};
  log.payload = to_big_endian(amount, 32);
  return log;
}

Result<EvmTransaction> parse_raw_transaction(std::string_view raw) {
  if (raw.empty()) {
    return refused("typed transaction too short");
  }
  const auto first = static_cast<uint8_t>(raw[0]);
  if (first < 0xc0 && (first == 0 || first >= kLayouts.size())) {
    return refused("transaction type not supported");
  }
  const Layout& layout = kLayouts[first < 0xc0 ? first : 0];
  const std::string_view type = raw.substr(0, first < 0xc0 ? 1 : 0);
  std::string_view body = raw.substr(type.size());
  auto items = parse_rlp_list(body, kRlpItemsMax);
  if (items && layout.type == 3 && !items->empty() && items->front().is_list) {
    body = items->front().bytes;  // blobs are attached, and no part of the hash
    items = parse_rlp_list(body, kRlpItemsMax);
  }
  if (!items || items->size() < layout.size) {
    return refused("rlp: the transaction is no list of its fields");
  }
  auto parsed = from_items(layout, *items);
  if (!parsed.ok()) {
    return parsed.error();
  }
  EvmTransaction transaction = std::move(parsed).value();
  transaction.hash = keccak256(std::string(type).append(body));
  transaction.from = keccak256(transaction.r + transaction.s).substr(12);
  transaction.gas_used = gas_for(transaction);
  if (transaction.to.empty()) {
    transaction.contract = keccak256(transaction.from + transaction.hash).substr(12);
  }
  add_event(transaction);
  return transaction;
}

}  // namespace sidecar

#include "rpc/block_need.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "rpc/json_text.h"
#include "rpc/json_walk.h"

namespace sidecar {
namespace {

constexpr size_t kHashChars = 66;  // 0x and 32 bytes

/// A block as one param names it.
struct BlockName {
  enum class Kind : uint8_t { kUnknown, kNumber, kHash, kLatest, kPending };
  Kind kind = Kind::kUnknown;
  uint64_t number = 0;
  std::string_view hash = {};
};

BlockName tagged(std::string_view text) {
  if (text == "latest") {
    return {BlockName::Kind::kLatest};
  }
  if (text == "pending") {
    return {BlockName::Kind::kPending};
  }
  if (text == "earliest") {
    return {BlockName::Kind::kNumber, 0};
  }
  return {};
}

/// No object: a tag, a number, a hash; left out or null is the newest block.
BlockName scalar_block(std::string_view lexeme) {
  if (lexeme.empty() || lexeme == "null") {
    return {BlockName::Kind::kLatest};
  }
  const std::string_view text = json_plain_string(lexeme);
  if (text.size() == kHashChars && text.starts_with("0x")) {
    return {BlockName::Kind::kHash, 0, text};
  }
  const auto number = parse_quantity(lexeme);
  return number ? BlockName{BlockName::Kind::kNumber, *number} : tagged(text);
}

/// EIP-1898; an object with neither member names no block, as the context of eth_callMany may.
BlockName block_of(std::string_view lexeme) {
  if (!lexeme.starts_with('{')) {
    return scalar_block(lexeme);
  }
  BlockName name{BlockName::Kind::kLatest};
  JsonWalk walk(lexeme);
  while (walk.next()) {
    if (walk.key() == "blockHash") {
      return scalar_block(walk.value());
    }
    if (walk.key() == "blockNumber") {
      name = scalar_block(walk.value());
    }
  }
  return name;
}

void add_number(BlockNeed& need, uint64_t number) {
  need.number = std::max(need.number.value_or(number), number);
  need.oldest = std::min(need.oldest.value_or(number), number);
}

void add_block(BlockNeed& need, const BlockName& name) {
  switch (name.kind) {
    case BlockName::Kind::kNumber:
      add_number(need, name.number);
      return;
    case BlockName::Kind::kHash:
      need.hash = name.hash;
      return;
    case BlockName::Kind::kLatest:
      need.is_tip = true;
      need.tells_head = true;
      return;
    case BlockName::Kind::kPending:
      need.is_tip = true;
      return;
    case BlockName::Kind::kUnknown:
      return;
  }
}

/// Empty when there are fewer.
std::string_view element(std::string_view params, size_t index) {
  JsonWalk walk(params);
  size_t seen = 0;
  while (walk.next()) {
    if (seen++ == index) {
      return walk.value();
    }
  }
  return {};
}

std::optional<uint64_t> end_of(const BlockName& name, uint64_t head) {
  if (name.kind == BlockName::Kind::kNumber) {
    return name.number;
  }
  const bool is_newest =
      name.kind == BlockName::Kind::kLatest || name.kind == BlockName::Kind::kPending;
  return is_newest && head != 0 ? std::optional(head) : std::nullopt;
}

/// Blocks from the first to the last one; none for a range that runs backwards.
std::optional<uint64_t> span(std::optional<uint64_t> first, std::optional<uint64_t> last) {
  if (!first || !last || *last < *first || *last - *first == UINT64_MAX) {
    return std::nullopt;
  }
  return *last - *first + 1;
}

void add_filter(BlockNeed& need, std::string_view filter, uint64_t head) {
  BlockName from{BlockName::Kind::kLatest};
  BlockName to{BlockName::Kind::kLatest};
  JsonWalk walk(filter);
  while (walk.next()) {
    if (walk.key() == "blockHash" && walk.value() != "null") {
      add_block(need, scalar_block(walk.value()));
      return;
    }
    if (walk.key() == "fromBlock") {
      from = scalar_block(walk.value());
    } else if (walk.key() == "toBlock") {
      to = scalar_block(walk.value());
    }
  }
  add_block(need, from);
  add_block(need, to);
  need.range = span(end_of(from, head), end_of(to, head));
}

void add_fee_history(BlockNeed& need, std::string_view params) {
  const BlockName newest = block_of(element(params, 1));
  add_block(need, newest);
  const auto count = parse_quantity(element(params, 0));
  if (count && *count > 0 && newest.kind == BlockName::Kind::kNumber) {
    need.oldest = newest.number - std::min(newest.number, *count - 1);
  }
}

/// Commitments that trail the newest slot by a few at most. Left out it is `finalized`.
bool is_near_tip(std::string_view commitment) {
  return commitment == "processed" || commitment == "confirmed";
}

/// The config is the last param, and an object.
void add_config(BlockNeed& need, std::string_view params) {
  std::string_view last;
  JsonWalk elements(params);
  while (elements.next()) {
    last = elements.value();
  }
  need.is_tip = true;
  if (!last.starts_with('{')) {
    return;
  }
  JsonWalk config(last);
  while (config.next()) {
    if (config.key() == "minContextSlot") {
      if (const auto slot = parse_quantity(config.value())) {
        add_number(need, *slot);
      }
    } else if (config.key() == "commitment") {
      need.tells_head = is_near_tip(json_plain_string(config.value()));
    }
  }
}

void add_slots(BlockNeed& need, std::string_view params, uint64_t head) {
  JsonWalk walk(params);
  const auto first = walk.next() ? parse_quantity(walk.value()) : std::nullopt;
  if (!first) {
    return;
  }
  add_number(need, *first);
  const auto last = walk.next() ? parse_quantity(walk.value()) : std::nullopt;
  if (last) {
    add_number(need, *last);
  }
  need.is_tip = !last;
  need.range = span(first, last ? last : end_of({BlockName::Kind::kLatest}, head));
}

}  // namespace

BlockNeed block_need(const MethodRow& method, std::string_view params, uint64_t head) {
  BlockNeed need;
  switch (method.block_param) {
    case BlockParam::kNone:
      break;
    case BlockParam::kNewest:
      add_block(need, {BlockName::Kind::kLatest});
      break;
    case BlockParam::kFirst:
      add_block(need, block_of(element(params, 0)));
      break;
    case BlockParam::kSecond:
      add_block(need, block_of(element(params, 1)));
      break;
    case BlockParam::kThird:
      add_block(need, block_of(element(params, 2)));
      break;
    case BlockParam::kFilter:
      add_filter(need, element(params, 0), head);
      break;
    case BlockParam::kFeeHistory:
      add_fee_history(need, params);
      break;
    case BlockParam::kSlot:
      if (const auto slot = parse_quantity(element(params, 0))) {
        add_number(need, *slot);
      }
      break;
    case BlockParam::kSlots:
      add_slots(need, params, head);
      break;
    case BlockParam::kConfig:
      add_config(need, params);
      break;
  }
  return need;
}

}  // namespace sidecar

#include "rpc/answer_facts.h"

#include "rpc/json_walk.h"

namespace sidecar {
namespace {

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(skip_whitespace(text));
  while (!text.empty() && skip_whitespace(text, text.size() - 1) == text.size()) {
    text.remove_suffix(1);
  }
  return text;
}

/// Reads until the block is known whole. A block that is still pending has null in their places.
std::optional<HeadFact> in_block(std::string_view result) {
  std::optional<uint64_t> number;
  HeadFact fact;
  JsonWalk walk(result);
  while ((!number || fact.hash.empty() || fact.parent_hash.empty()) && walk.next()) {
    if (walk.key() == "number") {
      number = parse_quantity(walk.value());
    } else if (walk.key() == "hash") {
      fact.hash = json_plain_string(walk.value());
    } else if (walk.key() == "parentHash") {
      fact.parent_hash = json_plain_string(walk.value());
    }
  }
  if (!number || fact.hash.empty()) {
    return std::nullopt;
  }
  fact.number = *number;
  return fact;
}

std::optional<HeadFact> where_mined(std::string_view result) {
  std::optional<uint64_t> number;
  HeadFact fact;
  JsonWalk walk(result);
  while ((!number || fact.hash.empty()) && walk.next()) {
    if (walk.key() == "blockNumber") {
      number = parse_quantity(walk.value());
    } else if (walk.key() == "blockHash") {
      fact.hash = json_plain_string(walk.value());
    }
  }
  if (!number || fact.hash.empty()) {
    return std::nullopt;
  }
  fact.number = *number;
  return fact;
}

/// Agave and its forks write the context first.
std::optional<HeadFact> in_context(std::string_view result) {
  JsonWalk walk(result);
  if (!walk.next() || walk.key() != "context") {
    return std::nullopt;
  }
  const auto slot = parse_quantity(json_member(walk.value(), "slot"));
  return slot ? std::optional(HeadFact{*slot, {}, {}, false}) : std::nullopt;
}

std::optional<HeadFact> place_of(const MethodRow& method, std::string_view result) {
  if (method.is_head) {
    const auto number = parse_quantity(trimmed(result));
    return number ? std::optional(HeadFact{*number, {}, {}, false}) : std::nullopt;
  }
  switch (method.head_place) {
    case HeadPlace::kBlock:
      return in_block(result);
    case HeadPlace::kMined:
      return where_mined(result);
    case HeadPlace::kNone:
      return method.family == MethodFamily::kSvm ? in_context(result) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<HeadFact> head_fact(const MethodRow& method, const BlockNeed& need,
                                  std::string_view result) {
  // Some nodes give the block that they are building a hash, but nobody else will ever see it.
  const bool is_pending_block =
      method.head_place == HeadPlace::kBlock && need.is_tip && !need.tells_head;
  if (is_pending_block) {
    return std::nullopt;
  }
  auto fact = place_of(method, result.substr(0, kHeadBytesMax));
  if (fact) {
    fact->is_tip = need.tells_head;
  }
  return fact;
}

bool is_null_result(std::string_view result) {
  return trimmed(result) == "null";
}

bool is_empty_array(std::string_view result) {
  const std::string_view text = trimmed(result);
  return text.starts_with('[') && text.size() > 1 && skip_whitespace(text, 1) == text.size() - 1 &&
         text.ends_with(']');
}

}  // namespace sidecar

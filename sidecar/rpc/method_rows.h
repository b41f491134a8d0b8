#pragma once

#include <span>

#include "rpc/method_table.h"

namespace sidecar {

/// Private to method_table*.cc: how a row is written, and the two lists.
namespace method_rows {

using enum BlockParam;

constexpr MethodRow read(std::string_view name, MethodFamily family, BlockParam at = kNone) {
  return {.name = name, .family = family, .method_class = MethodClass::kSafe, .block_param = at};
}
constexpr MethodRow read_or_null(std::string_view name, MethodFamily family,
                                 BlockParam at = kNone) {
  MethodRow row = read(name, family, at);
  row.may_be_null = true;
  return row;
}
/// Slow for a node, or megabytes to bring over.
constexpr MethodRow heavy(std::string_view name, MethodFamily family, BlockParam at = kNone) {
  MethodRow row = read(name, family, at);
  row.latency_class = LatencyClass::kHeavy;
  return row;
}
constexpr MethodRow heavy_or_null(std::string_view name, MethodFamily family,
                                  BlockParam at = kNone) {
  MethodRow row = heavy(name, family, at);
  row.may_be_null = true;
  return row;
}
/// Its result is the number of the newest block or slot.
constexpr MethodRow head(std::string_view name, MethodFamily family, BlockParam at) {
  MethodRow row = read(name, family, at);
  row.is_head = true;
  return row;
}
/// A block or its header.
constexpr MethodRow block(std::string_view name, MethodFamily family, BlockParam at) {
  MethodRow row = read_or_null(name, family, at);
  row.head_place = HeadPlace::kBlock;
  return row;
}
/// A transaction or receipt: null until it is in a block.
constexpr MethodRow mined(std::string_view name, MethodFamily family, BlockParam at = kNone) {
  MethodRow row = read_or_null(name, family, at);
  row.head_place = HeadPlace::kMined;
  return row;
}
constexpr MethodRow transaction(std::string_view name, MethodFamily family) {
  return {.name = name,
          .family = family,
          .method_class = MethodClass::kTx,
          .latency_class = LatencyClass::kWrite};
}
constexpr MethodRow unsafe(std::string_view name, MethodFamily family, BlockParam at = kNone) {
  return {.name = name,
          .family = family,
          .method_class = MethodClass::kUnsafe,
          .latency_class = LatencyClass::kWrite,
          .block_param = at};
}
/// Unsafe: a second one makes a second feed, or ends it twice.
constexpr MethodRow stream(std::string_view name, MethodFamily family) {
  MethodRow row = unsafe(name, family);
  row.is_subscription = true;
  return row;
}
/// Unsafe: making one leaves state in a node, and reading one takes what it returns away.
constexpr MethodRow filter(std::string_view name, MethodFamily family, BlockParam at = kNone) {
  MethodRow row = unsafe(name, family, at);
  row.is_filter = true;
  return row;
}

}  // namespace method_rows

std::span<const MethodRow> evm_method_rows();
std::span<const MethodRow> svm_method_rows();

}  // namespace sidecar

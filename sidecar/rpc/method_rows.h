#pragma once

#include <span>

#include "rpc/method_table.h"

namespace sidecar {

/// Private to method_table*.cc: how a row is written, and the two lists.
namespace method_rows {

constexpr MethodRow read(std::string_view name, MethodFamily family) {
  return {name, family, MethodClass::kSafe};
}
constexpr MethodRow read_or_null(std::string_view name, MethodFamily family) {
  return {name, family, MethodClass::kSafe, /*may_be_null=*/true};
}
constexpr MethodRow transaction(std::string_view name, MethodFamily family) {
  return {name, family, MethodClass::kTx};
}
constexpr MethodRow unsafe(std::string_view name, MethodFamily family) {
  return {name, family, MethodClass::kUnsafe};
}
/// Unsafe: a second one makes a second feed, or ends it twice.
constexpr MethodRow stream(std::string_view name, MethodFamily family) {
  return {name, family, MethodClass::kUnsafe, false, /*is_subscription=*/true};
}
/// Unsafe: making one leaves state in a node, and reading one takes what it returns away.
constexpr MethodRow filter(std::string_view name, MethodFamily family) {
  return {name, family, MethodClass::kUnsafe, false, false, /*is_filter=*/true};
}

}  // namespace method_rows

std::span<const MethodRow> evm_method_rows();
std::span<const MethodRow> svm_method_rows();

}  // namespace sidecar

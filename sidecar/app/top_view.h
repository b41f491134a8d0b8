#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rpc/json_value.h"

namespace sidecar {

/// By what the endpoints of a chain are put in order; the greatest first, but for names and tiers.
enum class TopSort : uint8_t { kTier, kName, kRate, kErrors, kLatency, kLag };
std::string_view top_sort_name(TopSort sort);
std::optional<TopSort> top_sort_of(std::string_view name);

struct TopOptions {
  TopSort sort = TopSort::kTier;
  std::string chain;  ///< only this one; empty = all
  bool is_coloured = false;
};

/// What `rpc-sidecar top` shows of one sidecar_status: totals, then each chain with a bar a tier
/// and a line an endpoint, feeds, and what happened of late. Lines end in a line end; colours are
/// as TextTable writes them.
std::string top_text(const JsonValue& status, const TopOptions& options);

}  // namespace sidecar

#pragma once

#include <string_view>
#include <vector>

namespace sidecar {

/// The candidate that was most likely meant; empty when none is near.
/// Near: at most a third of the longer word has to be inserted, deleted, replaced or swapped.
std::string_view nearest_word(std::string_view word,
                              const std::vector<std::string_view>& candidates);

}  // namespace sidecar

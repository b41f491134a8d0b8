#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace sidecar {

/// The items of one RLP list as slices of its text: a string item without its head, a list item as
/// its whole encoding.
struct RlpItem {
  bool is_list = false;
  std::string_view bytes;
};

/// Errors: nullopt unless `text` is exactly one well-formed list of at most `items_max` items; of
/// inner lists only the length is checked.
/// Source: Ethereum Yellow Paper, appendix B.
std::optional<std::vector<RlpItem>> parse_rlp_list(std::string_view text, size_t items_max);

}  // namespace sidecar

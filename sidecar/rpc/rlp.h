#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace sidecar {

/// How the first item of a text begins. A byte below 0x80 is an item of its own, without a head.
struct RlpHead {
  bool is_list = false;
  size_t head_bytes = 0;
  size_t body_bytes = 0;
};
/// Errors: nullopt for a head that is cut, and for lengths of more than four bytes. The body need
/// not be there.
std::optional<RlpHead> read_rlp_head(std::string_view text);

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

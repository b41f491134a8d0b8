#include "rpc/rlp.h"

#include "rpc/byte_text.h"

namespace sidecar {

std::optional<RlpHead> read_rlp_head(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) {
    return RlpHead{false, 0, 1};
  }
  const bool is_list = first >= 0xc0;
  const size_t code = first - (is_list ? 0xc0u : 0x80u);
  RlpHead head{is_list, 1, code};
  if (code > 55) {
    const size_t length_bytes = code - 55;
    if (length_bytes > 4 || text.size() < 1 + length_bytes) {
      return std::nullopt;
    }
    head.head_bytes += length_bytes;
    head.body_bytes = static_cast<size_t>(*from_big_endian(text.substr(1, length_bytes)));
  }
  return head;
}

namespace {

/// The first item's head; nullopt when the item does not fit in `text`.
std::optional<RlpHead> read_head(std::string_view text) {
  const auto head = read_rlp_head(text);
  const bool fits = head && text.size() - head->head_bytes >= head->body_bytes;
  return fits ? head : std::nullopt;
}

}  // namespace

std::optional<std::vector<RlpItem>> parse_rlp_list(std::string_view text, size_t items_max) {
  const auto outer = read_head(text);
  if (!outer || !outer->is_list || outer->head_bytes + outer->body_bytes != text.size()) {
    return std::nullopt;
  }
  std::vector<RlpItem> items;
  std::string_view rest = text.substr(outer->head_bytes);
  while (!rest.empty()) {
    const auto head = read_head(rest);
    if (!head || items.size() == items_max) {
      return std::nullopt;
    }
    const size_t whole = head->head_bytes + head->body_bytes;
    items.push_back({head->is_list, head->is_list
                                        ? rest.substr(0, whole)
                                        : rest.substr(head->head_bytes, head->body_bytes)});
    rest.remove_prefix(whole);
  }
  return items;
}

}  // namespace sidecar

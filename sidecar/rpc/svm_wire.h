#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sidecar {

/// Reads a Solana wire format's fields off the front. After a read past the end all of them are
/// empty and is_sound is false. Source: solana.com/docs/core/transactions (compact-u16,
/// "shortvec").
struct SvmWireReader {
  std::string_view rest;
  bool is_sound = true;

  std::string_view take(size_t size) {
    if (rest.size() < size) {
      is_sound = false;
      rest = {};
      return {};
    }
    const std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  }
  uint8_t byte() {
    const std::string_view taken = take(1);
    return taken.empty() ? uint8_t{0} : static_cast<uint8_t>(taken[0]);
  }
  /// A length: 7 bits a byte, the least first, at most 3 bytes.
  size_t count() {
    constexpr uint8_t kMoreBit = 0x80;
    size_t value = 0;
    for (unsigned shift = 0; shift < 21; shift += 7) {
      const uint8_t next = byte();
      value |= static_cast<size_t>(next & 0x7f) << shift;
      if ((next & kMoreBit) == 0) {
        return value;
      }
    }
    is_sound = false;
    return 0;
  }
  std::string bytes() { return std::string(take(count())); }
};

}  // namespace sidecar

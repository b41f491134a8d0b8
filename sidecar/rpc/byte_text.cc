#include "rpc/byte_text.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace sidecar {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr size_t kBase58DigitsMax = 2'048;
// Base 58 works on five digits at a time, the most that fit 32 bits: a whole Solana transaction is
// then read in microseconds, not a millisecond.
constexpr size_t kBase58Group = 5;
constexpr uint32_t kBase58Limb = 58 * 58 * 58 * 58 * 58;

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<unsigned>(c - '0');
  }
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') {
    return static_cast<unsigned>(lower - 'a') + 10;
  }
  return std::nullopt;
}

bool has_prefix(std::string_view text) {
  return text.starts_with("0x") || text.starts_with("0X");
}

/// number * factor + added, over 32-bit limbs with the least first.
void multiply_add(std::vector<uint32_t>& limbs, uint32_t factor, uint32_t added) {
  uint64_t carry = added;
  for (uint32_t& limb : limbs) {
    carry += uint64_t{limb} * factor;
    limb = static_cast<uint32_t>(carry);
    carry >>= 32;
  }
  if (carry > 0) {
    limbs.push_back(static_cast<uint32_t>(carry));
  }
}

/// The same over limbs in base 58^5.
void multiply_add_base58(std::vector<uint32_t>& limbs, uint32_t factor, uint32_t added) {
  uint64_t carry = added;
  for (uint32_t& limb : limbs) {
    carry += uint64_t{limb} * factor;
    limb = static_cast<uint32_t>(carry % kBase58Limb);
    carry /= kBase58Limb;
  }
  for (; carry > 0; carry /= kBase58Limb) {
    limbs.push_back(static_cast<uint32_t>(carry % kBase58Limb));
  }
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  std::string text = "0x";
  text.reserve(2 + 2 * bytes.size());
  for (const char byte : bytes) {
    text += kHex[static_cast<uint8_t>(byte) >> 4];
    text += kHex[static_cast<uint8_t>(byte) & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (!has_prefix(text) || text.size() % 2 != 0) {
    return std::nullopt;
  }
  std::string bytes;
  bytes.reserve(text.size() / 2 - 1);
  for (size_t i = 2; i < text.size(); i += 2) {
    const auto high = hex_digit(text[i]);
    const auto low = hex_digit(text[i + 1]);
    if (!high || !low) {
      return std::nullopt;
    }
    bytes += static_cast<char>(*high << 4 | *low);
  }
  return bytes;
}

std::string to_quantity(Wide number) {
  std::string text;
  do {
    text += kHex[static_cast<size_t>(number & 15)];
    number >>= 4;
  } while (number != 0);
  text += "x0";
  std::reverse(text.begin(), text.end());
  return text;
}

std::optional<uint64_t> from_quantity(std::string_view text) {
  if (!has_prefix(text) || text.size() < 3 || text.size() > 18 ||
      (text[2] == '0' && text.size() > 3)) {
    return std::nullopt;
  }
  uint64_t number = 0;
  for (const char c : text.substr(2)) {
    const auto digit = hex_digit(c);
    if (!digit) {
      return std::nullopt;
    }
    number = number << 4 | *digit;
  }
  return number;
}

std::string to_big_endian(Wide number, size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = size; i > 0; --i) {
    bytes[i - 1] = static_cast<char>(number & 0xff);
    number >>= 8;
  }
  CHECK(number == 0);
  return bytes;
}

std::optional<Wide> from_big_endian(std::string_view bytes) {
  bytes.remove_prefix(std::min(bytes.find_first_not_of('\0'), bytes.size()));
  if (bytes.size() > sizeof(Wide)) {
    return std::nullopt;
  }
  Wide number = 0;
  for (const char byte : bytes) {
    number = number << 8 | static_cast<uint8_t>(byte);
  }
  return number;
}

std::string to_little_endian(uint64_t number, size_t size) {
  std::string bytes = to_big_endian(number, size);
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

uint64_t from_little_endian(std::string_view bytes) {
  CHECK(bytes.size() <= 8);
  uint64_t number = 0;
  for (size_t i = bytes.size(); i > 0; --i) {
    number = number << 8 | static_cast<uint8_t>(bytes[i - 1]);
  }
  return number;
}

std::string to_base58(std::string_view bytes) {
  const size_t zeros = std::min(bytes.find_first_not_of('\0'), bytes.size());
  std::vector<uint32_t> limbs;
  for (const char byte : bytes.substr(zeros)) {
    multiply_add_base58(limbs, 256, static_cast<uint8_t>(byte));
  }
  std::string digits;  // the least first
  for (uint32_t limb : limbs) {
    for (size_t i = 0; i < kBase58Group; ++i, limb /= 58) {
      digits += kBase58[limb % 58];
    }
  }
  digits.resize(digits.empty() ? 0 : digits.find_last_not_of('1') + 1);
  digits.append(zeros, '1');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::optional<std::string> from_base58(std::string_view text) {
  if (text.size() > kBase58DigitsMax) {
    return std::nullopt;
  }
  const size_t zeros = std::min(text.find_first_not_of('1'), text.size());
  std::vector<uint32_t> limbs;
  for (std::string_view rest = text.substr(zeros); !rest.empty();) {
    const std::string_view group = rest.substr(0, kBase58Group);
    uint32_t value = 0;
    uint32_t factor = 1;
    for (const char c : group) {
      const size_t digit = kBase58.find(c);
      if (digit == std::string_view::npos) {
        return std::nullopt;
      }
      value = value * 58 + static_cast<uint32_t>(digit);
      factor *= 58;
    }
    multiply_add(limbs, factor, value);
    rest.remove_prefix(group.size());
  }
  std::string bytes;  // the least first
  for (const uint32_t limb : limbs) {
    bytes += to_little_endian(limb, sizeof limb);
  }
  bytes.resize(bytes.empty() ? 0 : bytes.find_last_not_of('\0') + 1);
  bytes.append(zeros, '\0');
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) {
      text += k <= count ? kBase64[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t group = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t digit = i < text.size() - padding ? kBase64.find(text[i]) : 0;
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    group = group << 6 | static_cast<uint32_t>(digit);
    if (i % 4 == 3) {
      bytes += static_cast<char>(group >> 16);
      bytes += static_cast<char>(group >> 8);
      bytes += static_cast<char>(group);
    }
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace sidecar

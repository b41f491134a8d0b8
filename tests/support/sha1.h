#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sidecar::testing {

/// SHA-1 in base64, for Sec-WebSocket-Accept. Source: RFC 3174.
inline std::string sha1_base64(std::string text) {
  std::array<uint32_t, 5> h = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  const uint64_t bits = text.size() * 8;
  text.push_back('\x80');
  while (text.size() % 64 != 56) {
    text.push_back('\0');
  }
  for (int shift = 56; shift >= 0; shift -= 8) {
    text.push_back(static_cast<char>((bits >> shift) & 0xff));
  }
  const auto rotate = [](uint32_t x, int n) { return x << n | x >> (32 - n); };
  for (size_t block = 0; block < text.size(); block += 64) {
    std::array<uint32_t, 80> w{};
    for (size_t i = 0; i < 64; ++i) {
      w[i / 4] = w[i / 4] << 8 | static_cast<uint8_t>(text[block + i]);
    }
    for (size_t i = 16; i < 80; ++i) {
      w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    }
    auto [a, b, c, d, e] = h;
    for (size_t i = 0; i < 80; ++i) {
      const uint32_t f = i < 20   ? (b & c) | (~b & d)
                         : i < 40 ? b ^ c ^ d
                         : i < 60 ? (b & c) | (b & d) | (c & d)
                                  : b ^ c ^ d;
      constexpr std::array<uint32_t, 4> kRound = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
      const uint32_t next = rotate(a, 5) + f + e + kRound[i / 20] + w[i];
      e = d;
      d = c;
      c = rotate(b, 30);
      b = a;
      a = next;
    }
    h = {h[0] + a, h[1] + b, h[2] + c, h[3] + d, h[4] + e};
  }
  std::string out;
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < 21; i += 3) {
    uint32_t three = 0;
    for (size_t k = i; k < i + 3; ++k) {
      three = three << 8 | (k < 20 ? h[k / 4] >> (24 - 8 * (k % 4)) & 0xff : 0);
    }
    for (int shift = 18; shift >= 0; shift -= 6) {
      out.push_back(kLetters[three >> shift & 63]);
    }
  }
  out.back() = '=';
  return out;
}

}  // namespace sidecar::testing

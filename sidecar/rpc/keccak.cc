#include "rpc/keccak.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sidecar {

namespace {

constexpr size_t kRateBytes = 136;
constexpr size_t kRounds = 24;

using State = std::array<uint64_t, 25>;  // lane x, y at x + 5y

constexpr std::array<uint64_t, kRounds> kRoundConstants{
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

// rho and pi walk the lanes in one chain that starts at lane 1: where to, and rotated by how much.
constexpr std::array<size_t, kRounds> kWalk{10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                            15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
constexpr std::array<int, kRounds> kRotation{1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                             27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};

void theta(State& a) {
  std::array<uint64_t, 5> parity{};
  for (size_t x = 0; x < 5; ++x) {
    parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
  }
  for (size_t x = 0; x < 5; ++x) {
    const uint64_t mix = parity[(x + 4) % 5] ^ std::rotl(parity[(x + 1) % 5], 1);
    for (size_t y = 0; y < 25; y += 5) {
      a[x + y] ^= mix;
    }
  }
}

void rho_pi(State& a) {
  uint64_t carried = a[1];
  for (size_t step = 0; step < kRounds; ++step) {
    const uint64_t next = a[kWalk[step]];
    a[kWalk[step]] = std::rotl(carried, kRotation[step]);
    carried = next;
  }
}

void chi(State& a) {
  for (size_t y = 0; y < 25; y += 5) {
    const std::array<uint64_t, 5> row{a[y], a[y + 1], a[y + 2], a[y + 3], a[y + 4]};
    for (size_t x = 0; x < 5; ++x) {
      a[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
  }
}

void permute(State& a) {
  for (const uint64_t constant : kRoundConstants) {
    theta(a);
    rho_pi(a);
    chi(a);
    a[0] ^= constant;
  }
}

void absorb(State& a, size_t position, uint8_t byte) {
  a[position / 8] ^= uint64_t{byte} << (8 * (position % 8));
}

}  // namespace

std::string keccak256(std::string_view bytes) {
  State state{};
  size_t position = 0;
  for (const char byte : bytes) {
    absorb(state, position, static_cast<uint8_t>(byte));
    if (++position == kRateBytes) {
      permute(state);
      position = 0;
    }
  }
  absorb(state, position, 0x01);
  absorb(state, kRateBytes - 1, 0x80);
  permute(state);

  std::string digest(32, '\0');
  for (size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<char>(state[i / 8] >> (8 * (i % 8)));
  }
  return digest;
}

}  // namespace sidecar

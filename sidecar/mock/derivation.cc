#include "mock/derivation.h"

#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "rpc/byte_text.h"

namespace sidecar {

namespace {

constexpr uint64_t kTurns = 4;          // of a Feistel network, which runs backwards as well
constexpr size_t kMarkedBytesMin = 16;  // half of them tell a marked value from any other

}  // namespace

uint64_t Derivation::number(Domain domain, uint64_t index) const {
  Random keyed(seed_ ^ static_cast<uint64_t>(domain) << 56);
  return Random(keyed.next() ^ index).next();
}

std::string Derivation::bytes(Domain domain, uint64_t index, size_t size) const {
  Random random(number(domain, index));
  std::string out;
  out.reserve(size + 7);
  while (out.size() < size) {
    const uint64_t word = random.next();
    for (unsigned shift = 0; shift < 64; shift += 8) {
      out += static_cast<char>(word >> shift);
    }
  }
  out.resize(size);
  return out;
}

uint32_t Derivation::round(Domain domain, uint32_t half, uint64_t turn) const {
  return static_cast<uint32_t>(number(domain, uint64_t{half} | (turn + 1) << 32));
}

std::string Derivation::marked_bytes(Domain domain, uint64_t index, size_t size) const {
  CHECK(size >= kMarkedBytesMin);
  auto left = static_cast<uint32_t>(index >> 32);
  auto right = static_cast<uint32_t>(index);
  for (uint64_t turn = 0; turn < kTurns; ++turn) {
    left = std::exchange(right, left ^ round(domain, right, turn));
  }
  return to_big_endian(uint64_t{left} << 32 | right, 8) + bytes(domain, index, size - 8);
}

std::optional<uint64_t> Derivation::index_of(Domain domain, std::string_view marked) const {
  if (marked.size() < kMarkedBytesMin) {
    return std::nullopt;
  }
  auto left = static_cast<uint32_t>(*from_big_endian(marked.substr(0, 4)));
  auto right = static_cast<uint32_t>(*from_big_endian(marked.substr(4, 4)));
  for (uint64_t turn = kTurns; turn > 0; --turn) {
    right = std::exchange(left, right ^ round(domain, left, turn - 1));
  }
  const uint64_t index = uint64_t{left} << 32 | right;
  if (marked.substr(8) != bytes(domain, index, marked.size() - 8)) {
    return std::nullopt;
  }
  return index;
}

uint64_t Derivation::number_of(Domain domain, std::string_view bytes) const {
  uint64_t state = number(domain, bytes.size());
  for (const char byte : bytes) {
    state = Random(state ^ static_cast<uint8_t>(byte)).next();
  }
  return state;
}

}  // namespace sidecar

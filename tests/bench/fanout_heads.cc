#include "fanout_heads.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace sidecar::testing {
namespace {

constexpr uint64_t kFirst = 21'000'000;
constexpr uint64_t kGenesisTime = 1'700'000'000;

/// splitmix64: the same words for the same seed.
uint64_t next_word(uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  uint64_t word = state;
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
  word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
  return word ^ (word >> 31);
}

void append_bytes(std::string& out, uint64_t seed, size_t byte_count) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\"0x";
  for (size_t i = 0; i < byte_count; i += 8) {
    uint64_t word = next_word(seed);
    for (size_t digit = 0; digit < 2 * std::min<size_t>(8, byte_count - i); ++digit) {
      out += kDigits[word & 15];
      word >>= 4;
    }
  }
  out += '"';
}

}  // namespace

std::string quantity(uint64_t number) {
  std::array<char, 24> text;
  const int length =
      std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(number));
  return {text.data(), static_cast<size_t>(length)};
}

FanoutHeads::FanoutHeads() : newest_(kFirst), kept_(kKept) {
  make(kFirst);
}

std::string_view FanoutHeads::make_next() {
  make(++newest_);
  return header(newest_);
}

/// Members in geth's order.
void FanoutHeads::make(uint64_t number) {
  std::string& text = kept_[number % kKept];
  text.clear();
  const auto bytes = [&text, number](std::string_view name, size_t byte_count, uint64_t salt) {
    text.append(text.empty() ? "{\"" : ",\"").append(name).append("\":");
    append_bytes(text, number * 64 + salt, byte_count);
  };
  const auto value = [&text](std::string_view name, uint64_t amount) {
    text.append(",\"").append(name).append("\":\"").append(quantity(amount)).append("\"");
  };
  bytes("parentHash", 32, 0);
  bytes("sha3Uncles", 32, 1);
  bytes("miner", 20, 2);
  bytes("stateRoot", 32, 3);
  bytes("transactionsRoot", 32, 4);
  bytes("receiptsRoot", 32, 5);
  bytes("logsBloom", 256, 6);
  value("difficulty", 0);
  value("number", number);
  value("gasLimit", 36'000'000);
  value("gasUsed", 17'000'000 + number % 1'000'000);
  value("timestamp", kGenesisTime + 12 * (number - kFirst));
  bytes("extraData", 23, 7);
  bytes("mixHash", 32, 8);
  bytes("nonce", 8, 9);
  value("baseFeePerGas", 5'000'000'000 + number % 1'000'000);
  bytes("withdrawalsRoot", 32, 10);
  value("blobGasUsed", 786'432);
  value("excessBlobGas", 0);
  bytes("parentBeaconBlockRoot", 32, 11);
  bytes("requestsHash", 32, 12);
  bytes("hash", 32, 64);  // as the next one's parentHash
  text += '}';
}

}  // namespace sidecar::testing

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sidecar {

/// What a derived value is for; the same index in two domains has nothing in common.
enum class Domain : uint64_t {
  kAccount = 1,
  kToken,
  kTokenAccount,
  kProgram,
  kProgramAccount,
  kBlock,
  kBlockRoot,
  kBlockShape,
  kTransaction,
  kSignature,
  kBalance,
  kStorage,
  kFee,
  kLeader,
  kFilter,
  kVote,
};

/// Where everything random-looking in a mock chain comes from: pure functions of seed, domain and
/// index, so that any block of the history is made when it is asked for and none is stored.
/// A marked value carries its index, scrambled, in its first 8 bytes: a hash leads back to its
/// block without a table.
/// Not: cryptographic.
class Derivation {
 public:
  explicit Derivation(uint64_t seed) : seed_(seed) {}

  uint64_t number(Domain domain, uint64_t index) const;
  std::string bytes(Domain domain, uint64_t index, size_t size) const;
  /// Requires: size >= 16.
  std::string marked_bytes(Domain domain, uint64_t index, size_t size) const;
  /// The index that marked_bytes() made `bytes` from; nullopt when it did not.
  std::optional<uint64_t> index_of(Domain domain, std::string_view bytes) const;
  /// A number that depends on some bytes, an address for example.
  uint64_t number_of(Domain domain, std::string_view bytes) const;

 private:
  uint32_t round(Domain domain, uint32_t half, uint64_t turn) const;

  uint64_t seed_;
};

}  // namespace sidecar

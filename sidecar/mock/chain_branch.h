#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mock/derivation.h"

namespace sidecar {

/// A branch off the common chain: from this block on, hashes are its own.
struct ChainBranch {
  uint64_t from = 0;
  uint64_t number = 1;  ///< which one, of all that begin there
};

/// The block hashes of a made-up chain, and of the branch it is looked at from.
/// Owner: EvmChain and SvmChain, by value.
class BlockHashes {
 public:
  explicit BlockHashes(uint64_t seed) : seed_(seed), common_(seed), own_(seed) {}

  /// Nullopt: the common chain.
  void set_branch(const std::optional<ChainBranch>& branch);

  std::string hash(uint64_t block) const;
  /// Nullopt also for a block that is on another branch only.
  std::optional<uint64_t> block_of(std::string_view hash) const;

 private:
  bool is_own(uint64_t block) const { return branch_ && block >= branch_->from; }

  uint64_t seed_;
  Derivation common_;
  Derivation own_;
  std::optional<ChainBranch> branch_;
};

}  // namespace sidecar

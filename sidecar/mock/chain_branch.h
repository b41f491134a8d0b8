#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mock/derivation.h"

namespace sidecar {

/// A branch off the common chain: from this block on, hashes are its own.
struct ChainBranch {
  uint64_t from = 0;
  uint64_t number = 1;  ///< which one, of all that begin there
};

/// The block hashes of a made-up chain: of what it has become by reorganisations, of what it was
/// before each of them (a view), and of a branch that it is looked at from.
///   view 0    o--o--o--o--o           as it was made
///   view 1          \--o--o--o        after the first reorganisation
///   view 2                \--o--o     after the second: it goes on from the first
/// Two chains of one seed that had the same reorganisations in the same order are the same.
/// Limits: kReorganisationsMax.   Owner: EvmChain and SvmChain, by value.
class BlockHashes {
 public:
  static constexpr size_t kReorganisationsMax = 1'000;

  explicit BlockHashes(uint64_t seed) : seed_(seed), common_(seed), own_(seed) {}

  /// Nullopt: the common chain.
  void set_branch(const std::optional<ChainBranch>& branch);

  /// From now on the blocks from `from` on are others. `head` is the newest that there was.
  /// Requires: not too many there are.
  void reorganise(uint64_t from, uint64_t salt, uint64_t head);
  size_t reorganisations() const { return limbs_.size(); }
  /// How it was before the reorganisation of this number; nullopt: as it is.
  void set_view(std::optional<size_t> view) { view_ = view.value_or(limbs_.size()); }

  std::string hash(uint64_t block) const;
  /// Nullopt also for a block that is on another branch only.
  std::optional<uint64_t> block_of(std::string_view hash) const;
  /// The newest view that had this block; nullopt for one that is there still, or never was.
  std::optional<size_t> orphan_view(std::string_view hash) const;

  /// What a block and all that is in it is made from, but for the branch it is looked at from.
  const Derivation& derivation(uint64_t block) const { return derivation_in(view_, block); }
  /// Which block a marked value was made for, when it is one that belongs there.
  /// `block_of_index` leads from the value's index to its block.
  template <class BlockOfIndex>
  std::optional<uint64_t> index_of(Domain domain, std::string_view value,
                                   const BlockOfIndex& block_of_index) const {
    auto index = common_.index_of(domain, value);
    if (index && &derivation(block_of_index(*index)) == &common_) {
      return index;
    }
    for (const Limb& limb : limbs_) {
      index = limb.derivation.index_of(domain, value);
      if (index && &derivation(block_of_index(*index)) == &limb.derivation) {
        return index;
      }
    }
    return std::nullopt;
  }

 private:
  /// What one reorganisation brought.
  struct Limb {
    uint64_t from;
    uint64_t head;  ///< of the chain before
    uint64_t seed;
    Derivation derivation;
  };

  const Derivation& derivation_in(size_t view, uint64_t block) const;
  bool is_own(uint64_t block) const { return branch_ && block >= branch_->from; }

  uint64_t seed_;
  Derivation common_;
  Derivation own_;
  std::optional<ChainBranch> branch_;
  std::vector<Limb> limbs_;
  size_t view_ = 0;
};

}  // namespace sidecar

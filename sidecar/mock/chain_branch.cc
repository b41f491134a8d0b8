#include "mock/chain_branch.h"

#include "base/check.h"
#include "base/random.h"

namespace sidecar {

void BlockHashes::set_branch(const std::optional<ChainBranch>& branch) {
  branch_ = branch;
  if (branch_) {
    own_ = Derivation(Random(seed_ ^ Random(branch_->number).next()).next());
  }
}

/// The seed has all that came before in it: the same block on another parent is another block.
void BlockHashes::reorganise(uint64_t from, uint64_t salt, uint64_t head) {
  CHECK(limbs_.size() < kReorganisationsMax);
  uint64_t seed = seed_;
  for (const Limb& limb : limbs_) {
    seed = limb.from < from ? limb.seed : seed;
  }
  seed = Random(seed ^ Random(from ^ Random(salt).next()).next()).next();
  limbs_.push_back({from, head, seed, Derivation(seed)});
  view_ = limbs_.size();
}

const Derivation& BlockHashes::derivation_in(size_t view, uint64_t block) const {
  for (size_t i = view; i > 0; --i) {
    if (limbs_[i - 1].from <= block) {
      return limbs_[i - 1].derivation;
    }
  }
  return common_;
}

std::string BlockHashes::hash(uint64_t block) const {
  return (is_own(block) ? own_ : derivation(block)).marked_bytes(Domain::kBlock, block, 32);
}

std::optional<uint64_t> BlockHashes::block_of(std::string_view hash) const {
  if (hash.size() != 32) {
    return std::nullopt;
  }
  const auto block = index_of(Domain::kBlock, hash, [](uint64_t index) { return index; });
  if (block && !is_own(*block)) {
    return block;
  }
  const auto own = branch_ ? own_.index_of(Domain::kBlock, hash) : std::nullopt;
  return own && is_own(*own) ? own : std::nullopt;
}

std::optional<size_t> BlockHashes::orphan_view(std::string_view hash) const {
  if (limbs_.empty() || hash.size() != 32) {
    return std::nullopt;
  }
  const auto newest_view = [this](const Derivation& maker, uint64_t block) {
    std::optional<size_t> found;
    for (size_t view = limbs_.size() + 1; view-- > 0 && !found;) {
      if (&derivation_in(view, block) == &maker) {
        found = view;
      }
    }
    const bool was_there = found && *found < limbs_.size() && block <= limbs_[*found].head;
    return was_there ? found : std::nullopt;
  };
  if (const auto block = common_.index_of(Domain::kBlock, hash)) {
    return newest_view(common_, *block);
  }
  for (const Limb& limb : limbs_) {
    if (const auto block = limb.derivation.index_of(Domain::kBlock, hash)) {
      return newest_view(limb.derivation, *block);
    }
  }
  return std::nullopt;
}

}  // namespace sidecar

#include "mock/chain_branch.h"

#include "base/random.h"

namespace sidecar {

void BlockHashes::set_branch(const std::optional<ChainBranch>& branch) {
  branch_ = branch;
  if (branch_) {
    own_ = Derivation(Random(seed_ ^ Random(branch_->number).next()).next());
  }
}

std::string BlockHashes::hash(uint64_t block) const {
  return (is_own(block) ? own_ : common_).marked_bytes(Domain::kBlock, block, 32);
}

std::optional<uint64_t> BlockHashes::block_of(std::string_view hash) const {
  if (hash.size() != 32) {
    return std::nullopt;
  }
  const auto common = common_.index_of(Domain::kBlock, hash);
  if (common && !is_own(*common)) {
    return common;
  }
  const auto own = branch_ ? own_.index_of(Domain::kBlock, hash) : std::nullopt;
  return own && is_own(*own) ? own : std::nullopt;
}

}  // namespace sidecar

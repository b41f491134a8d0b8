#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "core/types.h"

namespace sidecar::testing {

/// One chain that grows with virtual time: all its nodes tell parts of the same truth.
/// Blocks come about every block_time, early or late by up to a third of it; a block's hash follows
/// from seed, height and branch. Owner: Simulation.
class SimChain {
 public:
  SimChain(ChainInfo info, uint64_t seed, Nanos block_time, Instant began);

  const ChainInfo& info() const { return info_; }
  Nanos block_time() const { return block_time_; }
  uint64_t head(Instant now) const;
  /// `branch`: 0 = the one that most nodes are on.
  std::string hash(uint64_t height, uint64_t branch) const;

  /// A node took the transaction: it is in a block soon, on every branch.
  void accept(const std::string& transaction, Instant now);
  bool is_known(const std::string& transaction) const { return mined_.count(transaction) != 0; }
  /// The block that it is in, or will be.
  std::optional<uint64_t> mined_in(const std::string& transaction) const;

  static constexpr uint64_t kFirstHeight = 1'000;
  static constexpr std::string_view kGenesisHash = "GenesisOfTheSimulatedChain";

 private:
  ChainInfo info_;
  uint64_t seed_;
  Nanos block_time_;
  Instant began_;
  std::unordered_map<std::string, uint64_t> mined_;
};

}  // namespace sidecar::testing

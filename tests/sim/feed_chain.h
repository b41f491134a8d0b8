#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.h"

namespace sidecar::testing {

/// One log as its notification tells it, but for `removed`.
struct FeedLog {
  std::string block_hash;
  uint64_t block_number = 0;
  uint64_t index = 0;
  bool is_mine = false;  ///< of the address that is subscribed to
};

struct FeedBlock {
  uint64_t number = 0;
  std::string hash;
  std::string parent;
  std::vector<FeedLog> logs;
};

/// A chain whose newest blocks may be replaced: every block that ever was, and which branch is the
/// canonical one. What is true; nodes see it late.
/// Owner: FeedSimulation, by value.
class FeedChain {
 public:
  explicit FeedChain(Random& random);

  /// One block more, after `depth` blocks were orphaned; then the branch is longer than before.
  void grow(uint64_t depth);

  const FeedBlock& head() const { return at(canonical_.back()); }
  const FeedBlock& at(const std::string& hash) const { return blocks_.at(hash); }
  bool has(const std::string& hash) const { return blocks_.contains(hash); }
  /// Hashes from block 0 to the head.
  const std::vector<std::string>& canonical() const { return canonical_; }

  static std::string header_text(const FeedBlock& block);
  static std::string log_text(const FeedLog& log, bool is_removed);

 private:
  void add();

  Random& random_;
  std::unordered_map<std::string, FeedBlock> blocks_;
  std::vector<std::string> canonical_;
  uint64_t made_ = 0;
};

}  // namespace sidecar::testing

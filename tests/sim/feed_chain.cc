#include "tests/sim/feed_chain.h"

#include "rpc/byte_text.h"

namespace sidecar::testing {

FeedChain::FeedChain(Random& random) : random_(random) {
  for (int i = 0; i < 20; ++i) {
    add();
  }
}

void FeedChain::grow(uint64_t depth) {
  const size_t length = canonical_.size();
  canonical_.resize(length - std::min<size_t>(depth, length - 1));
  while (canonical_.size() <= length) {
    add();
  }
}

void FeedChain::add() {
  FeedBlock block;
  block.number = canonical_.size();
  block.hash = to_quantity(0x1000 + made_++);
  block.parent = canonical_.empty() ? "0x0" : canonical_.back();
  const uint64_t count = random_.below(4);
  for (uint64_t i = 0; i < count; ++i) {
    block.logs.push_back({block.hash, block.number, i, random_.below(3) != 0});
  }
  canonical_.push_back(block.hash);
  blocks_.emplace(block.hash, block);
}

std::string FeedChain::header_text(const FeedBlock& block) {
  return "{\"parentHash\":\"" + block.parent + "\",\"number\":\"" + to_quantity(block.number) +
         "\",\"hash\":\"" + block.hash + "\"}";
}

std::string FeedChain::log_text(const FeedLog& log, bool is_removed) {
  return "{\"address\":\"0xa\",\"blockHash\":\"" + log.block_hash + "\",\"blockNumber\":\"" +
         to_quantity(log.block_number) + "\",\"logIndex\":\"" + to_quantity(log.index) +
         "\",\"removed\":" + (is_removed ? "true" : "false") + "}";
}

}  // namespace sidecar::testing

#include "tests/sim/sim_chain.h"

#include <cstdio>
#include <utility>

#include "base/random.h"

namespace sidecar::testing {

SimChain::SimChain(ChainInfo info, uint64_t seed, Nanos block_time, Instant began)
    : info_(std::move(info)), seed_(seed), block_time_(block_time), began_(began) {}

uint64_t SimChain::head(Instant now) const {
  const auto whole = static_cast<uint64_t>((now - began_) / block_time_);
  const Nanos into = (now - began_) % block_time_;
  const Nanos late(static_cast<int64_t>(
      Random(seed_ + whole).below(static_cast<uint64_t>(block_time_.count()) / 3)));
  return kFirstHeight + whole - (into < late ? 1 : 0);
}

std::string SimChain::hash(uint64_t height, uint64_t branch) const {
  Random random(seed_ ^ (height * 0x9e3779b97f4a7c15u) ^ (branch << 56));
  char text[67];
  const auto part = [&random]() { return static_cast<unsigned long long>(random.next()); };
  const auto a = part();
  const auto b = part();
  const auto c = part();
  const auto d = part();
  std::snprintf(text, sizeof(text), "0x%016llx%016llx%016llx%016llx", a, b, c, d);
  return text;
}

void SimChain::accept(const std::string& transaction, Instant now) {
  const uint64_t wait = 1 + Random(seed_ + mined_.size()).below(3);
  mined_.emplace(transaction, head(now) + wait);
}

std::optional<uint64_t> SimChain::mined_in(const std::string& transaction) const {
  const auto found = mined_.find(transaction);
  return found == mined_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace sidecar::testing

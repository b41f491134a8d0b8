#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "policy/balancer.h"

namespace sidecar::testing {

constexpr Instant kBalancerStart{std::chrono::hours(1)};

/// Usable candidates of these weights, never used before.
inline std::vector<Candidate> with_weights(std::initializer_list<uint32_t> weights) {
  std::vector<Candidate> all;
  for (const uint32_t weight : weights) {
    all.emplace_back();
    all.back().is_usable = true;
    all.back().weight = weight;
  }
  return all;
}

/// Usable candidates of weight 100 that take so long; 0 = not measured yet.
inline std::vector<Candidate> with_latencies(std::initializer_list<int64_t> latencies_ms) {
  std::vector<Candidate> all;
  for (const int64_t latency_ms : latencies_ms) {
    all.emplace_back();
    all.back().is_usable = true;
    all.back().latency = Millis(latency_ms);
  }
  return all;
}

/// Usable candidates of weight 100 at these prices.
inline std::vector<Candidate> with_costs(std::initializer_list<uint64_t> costs) {
  std::vector<Candidate> all;
  for (const uint64_t cost : costs) {
    all.emplace_back();
    all.back().is_usable = true;
    all.back().cost = cost;
  }
  return all;
}

/// Picks at one moment; which were picked, in order.
inline std::vector<size_t> picks(Balancer& balancer, const std::vector<Candidate>& candidates,
                                 size_t count, Instant now = kBalancerStart) {
  std::vector<size_t> picked;
  for (size_t i = 0; i < count; ++i) {
    picked.push_back(balancer.pick(candidates, now).value());
  }
  return picked;
}

/// How often each of `candidate_count` was picked.
inline std::vector<size_t> tally(const std::vector<size_t>& picked, size_t candidate_count) {
  std::vector<size_t> counts(candidate_count);
  for (const size_t index : picked) {
    ++counts[index];
  }
  return counts;
}

}  // namespace sidecar::testing

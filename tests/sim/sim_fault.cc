#include "tests/sim/sim_fault.h"

#include <algorithm>

namespace sidecar::testing {

namespace {

bool is_of_the_way(SimFault fault) {
  return fault < SimFault::kLag;
}

SimEpisode draw_episode(Random& random, Family family, Instant from, Instant until) {
  SimEpisode episode;
  do {
    episode.fault = static_cast<SimFault>(random.below(kSimFaultCount));
  } while (family == Family::kSvm && episode.fault == SimFault::kFork);
  const auto span = static_cast<uint64_t>((until - from).count());
  // Most are short against the run, some last through it.
  const uint64_t length = random.below(4) == 0 ? span : span / 10 + random.below(span / 3 + 1);
  episode.from = from + Nanos(static_cast<int64_t>(random.below(span)));
  episode.until = std::min(until, episode.from + Nanos(static_cast<int64_t>(length)));
  if (is_of_the_way(episode.fault)) {
    constexpr uint32_t kShares[] = {5, 30, 70, 100, 100};
    episode.percent = kShares[random.below(5)];
  }
  if (episode.fault == SimFault::kLag) {
    episode.amount = 1 + random.below(40);
  } else if (episode.fault == SimFault::kFork) {
    episode.amount = 1 + random.below(2);
  } else if (episode.fault == SimFault::kHighHead) {
    episode.amount = random.below(2) == 0 ? 5 + random.below(20) : 1'000'000;
  }
  return episode;
}

}  // namespace

std::string_view sim_fault_name(SimFault fault) {
  constexpr std::string_view kNames[kSimFaultCount] = {
      "refuse",        "tls",         "stall",        "slow",       "close",
      "cut",           "bad_json",    "server_error", "throttle",   "throttle_hint",
      "throttle_body", "unpaid",      "unauthorised", "node_fault", "unknown_error",
      "unsupported",   "missing",     "lag",          "stuck",      "syncing",
      "fork",          "wrong_chain", "null_blocks",  "high_head"};
  return kNames[static_cast<size_t>(fault)];
}

std::vector<SimEpisode> draw_episodes(Random& random, Family family, Instant from, Instant until) {
  std::vector<SimEpisode> episodes;
  constexpr uint64_t kCounts[] = {0, 1, 2, 3, 6};
  const uint64_t count = kCounts[random.below(5)];
  for (uint64_t i = 0; i < count; ++i) {
    episodes.push_back(draw_episode(random, family, from, until));
  }
  return episodes;
}

}  // namespace sidecar::testing

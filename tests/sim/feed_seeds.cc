// Runs the simulation of feeds: one seed with its trace, or many seeds and the ones that fail.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/sim/feed_simulation.h"
#include "tests/sim/svm_feed_simulation.h"

namespace sidecar::testing {
namespace {

constexpr char kUsage[] =
    "Runs the hub among simulated providers, in virtual time, of an EVM chain and then of Solana;\n"
    "the same seed is the same run.\n"
    "\n"
    "  feed_seeds SEED                  run one seed and print all that happens\n"
    "  feed_seeds --seeds N [--from S]  run N seeds from S (1) on; print those that fail\n"
    "\n"
    "Exit status: 0 all invariants held, 1 some did not, 2 wrong usage.\n";

bool is_right(uint64_t seed, const char* family, const FeedReport& report, FeedReport& total) {
  total.events += report.events;
  total.gaps += report.gaps;
  for (size_t i = 0; i < report.broken.size() && i < 5; ++i) {
    std::printf("seed %llu, %s: %s\n", static_cast<unsigned long long>(seed), family,
                report.broken[i].c_str());
  }
  return report.broken.empty();
}

bool run_one(uint64_t seed, std::FILE* trace, FeedReport& total) {
  const bool is_evm_right = is_right(seed, "EVM", FeedSimulation(seed, trace).run(), total);
  return is_right(seed, "Solana", SvmFeedSimulation(seed, trace).run(), total) && is_evm_right;
}

int run(int count, char** texts) {
  uint64_t from = 1;
  uint64_t seeds = 0;
  for (int i = 1; i + 1 < count; i += 2) {
    uint64_t* option = std::strcmp(texts[i], "--seeds") == 0  ? &seeds
                       : std::strcmp(texts[i], "--from") == 0 ? &from
                                                              : nullptr;
    if (option == nullptr) {
      std::fputs(kUsage, stderr);
      return 2;
    }
    *option = std::strtoull(texts[i + 1], nullptr, 10);
  }
  FeedReport total;
  if (count == 2 && texts[1][0] != '-') {
    return run_one(std::strtoull(texts[1], nullptr, 10), stdout, total) ? 0 : 1;
  }
  if (seeds == 0) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  uint64_t failed = 0;
  for (uint64_t seed = from; seed < from + seeds; ++seed) {
    failed += run_one(seed, nullptr, total) ? 0 : 1;
  }
  std::printf("%llu seeds, %llu failed; %llu events, %llu gaps\n",
              static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(failed),
              static_cast<unsigned long long>(total.events),
              static_cast<unsigned long long>(total.gaps));
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sidecar::testing

int main(int count, char** texts) {
  return sidecar::testing::run(count, texts);
}

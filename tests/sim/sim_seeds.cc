// Runs the simulation: one seed with its trace, or many seeds and the ones that fail.

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

#include "tests/sim/simulation.h"

namespace sidecar::testing {
namespace {

constexpr std::string_view kUsage =
    "Runs the core among simulated providers, in virtual time; the same seed is the same run.\n"
    "\n"
    "  sim SEED                  run one seed and print all that happens\n"
    "  sim --seeds N [--from S]  run N seeds from S (1) on; print those that fail\n"
    "\n"
    "      --twice-every K       with --seeds: every K-th runs twice and must be the same (20)\n"
    "      --help\n"
    "\n"
    "Exit status: 0 all invariants held, 1 some did not, 2 wrong usage.\n";

/// Of so many calls that ask nothing special one may fail, over all seeds, while somebody is well.
constexpr uint64_t kPlainCallsPerFailure = 5'000;

struct Wanted {
  std::optional<uint64_t> seed;  ///< the one to be told
  uint64_t count = 0;
  uint64_t from = 1;
  uint64_t twice_every = 20;
  bool is_help = false;
};

std::optional<uint64_t> number_of(std::string_view text) {
  uint64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = end.ec == std::errc() && end.ptr == text.data() + text.size();
  return is_whole ? std::optional(number) : std::nullopt;
}

std::optional<Wanted> read_arguments(int count, char** texts) {
  Wanted wanted;
  for (int i = 1; i < count; ++i) {
    const std::string_view text = texts[i];
    if (text == "--help" || text == "-h") {
      wanted.is_help = true;
      return wanted;
    }
    uint64_t* option = text == "--seeds"         ? &wanted.count
                       : text == "--from"        ? &wanted.from
                       : text == "--twice-every" ? &wanted.twice_every
                                                 : nullptr;
    const auto number = number_of(option == nullptr ? text : i + 1 < count ? texts[++i] : "");
    if (!number) {
      return std::nullopt;
    }
    if (option != nullptr) {
      *option = *number;
    } else {
      wanted.seed = number;
    }
  }
  const bool is_one_of_both = wanted.seed.has_value() != (wanted.count > 0);
  return is_one_of_both && wanted.twice_every > 0 ? std::optional(wanted) : std::nullopt;
}

void print_broken(uint64_t seed, const SimReport& report) {
  std::printf("seed %llu: %llu broken\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(report.broken_count));
  for (const std::string& one : report.broken) {
    std::printf("  %s\n", one.c_str());
  }
}

int run_one(uint64_t seed) {
  const SimReport report = Simulation(seed, stdout).run();
  std::printf("seed %llu: %llu calls, %llu attempts, trace %016llx\n",
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(report.calls),
              static_cast<unsigned long long>(report.attempts),
              static_cast<unsigned long long>(report.trace_hash));
  if (report.broken_count > 0) {
    print_broken(seed, report);
  }
  return report.broken_count > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int run_many(const Wanted& wanted) {
  SimReport sum;
  uint64_t failed_count = 0;
  for (uint64_t i = 0; i < wanted.count; ++i) {
    const uint64_t seed = wanted.from + i;
    SimReport report = Simulation(seed, nullptr).run();
    const bool is_twice = i % wanted.twice_every == 0;
    if (is_twice && Simulation(seed, nullptr).run().trace_hash != report.trace_hash) {
      ++report.broken_count;
      report.broken.push_back("invariant 10: the same seed gave another trace");
    }
    if (report.broken_count > 0) {
      ++failed_count;
      print_broken(seed, report);
    }
    sum.calls += report.calls;
    sum.attempts += report.attempts;
    sum.plain_calls += report.plain_calls;
    sum.plain_calls_failed += report.plain_calls_failed;
  }
  std::printf(
      "%llu seeds, %llu failed; %llu calls, %llu attempts; with somebody always well, %llu "
      "of %llu calls failed\n",
      static_cast<unsigned long long>(wanted.count), static_cast<unsigned long long>(failed_count),
      static_cast<unsigned long long>(sum.calls), static_cast<unsigned long long>(sum.attempts),
      static_cast<unsigned long long>(sum.plain_calls_failed),
      static_cast<unsigned long long>(sum.plain_calls));
  const bool is_failing = sum.plain_calls_failed > 8 + sum.plain_calls / kPlainCallsPerFailure;
  if (is_failing) {
    std::printf("invariant 9: that is too many\n");
  }
  return failed_count > 0 || is_failing ? EXIT_FAILURE : EXIT_SUCCESS;
}

}  // namespace
}  // namespace sidecar::testing

int main(int count, char** texts) {
  using namespace sidecar::testing;
  const auto wanted = read_arguments(count, texts);
  if (!wanted || wanted->is_help) {
    std::fputs(kUsage.data(), wanted ? stdout : stderr);
    return wanted ? EXIT_SUCCESS : 2;
  }
  return wanted->seed ? run_one(*wanted->seed) : run_many(*wanted);
}

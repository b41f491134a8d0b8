#include "tests/bench/policy_pieces.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "policy/balancer.h"
#include "policy/head_tracker.h"
#include "policy/latency.h"
#include "policy/method_rules.h"

namespace sidecar {

namespace {

constexpr size_t kBatch = 1'024;  // calls between two looks at the clock
constexpr std::chrono::milliseconds kTimePerFigure{40};
constexpr size_t kCandidateCounts[] = {2, 10, 50};
constexpr Instant kStart{std::chrono::hours(1)};

struct Figure {
  double least_ns = 0;
  double median_ns = 0;
};

/// Does kBatch calls, the first of them number `turn`; returns something of all their answers, so
/// that they are computed. A batch is one call, so that what takes a nanosecond can be measured.
using Batch = std::function<uint64_t(uint64_t turn)>;

Figure measure(const Batch& batch) {
  using Watch = std::chrono::steady_clock;
  std::vector<double> all;
  uint64_t sum = 0;
  uint64_t turn = 0;
  const auto until = Watch::now() + kTimePerFigure;
  for (auto before = Watch::now(); before < until;) {
    sum += batch(turn);
    turn += kBatch;
    const auto after = Watch::now();
    all.push_back(std::chrono::duration<double, std::nano>(after - before).count() / kBatch);
    before = after;
  }
  if (sum == UINT64_MAX) {
    std::puts("");  // never: the answers are small
  }
  std::sort(all.begin(), all.end());
  return {all.front(), all[all.size() / 2]};
}

std::vector<Candidate> busy_candidates(size_t count) {
  std::vector<Candidate> all(count);
  for (size_t i = 0; i < count; ++i) {
    all[i].is_usable = true;
    all[i].weight = static_cast<uint32_t>(50 + 10 * (i % 11));
    all[i].has_succeeded_lately = true;
    all[i].inflight_count = static_cast<uint32_t>(i % 3);
    all[i].latency = Millis(static_cast<int64_t>(10 + i));
    all[i].last_used = kStart;
    all[i].cost = i % 4;
  }
  return all;
}

Figure pick_cost(Strategy strategy, size_t count) {
  const std::unique_ptr<Balancer> balancer = make_balancer(strategy, StickinessOptions{}, 1);
  std::vector<Candidate> candidates = busy_candidates(count);
  return measure([&](uint64_t turn) {
    uint64_t sum = 0;
    for (const uint64_t end = turn + kBatch; turn < end; ++turn) {
      const Instant now = kStart + Millis(static_cast<int64_t>(turn));
      const size_t picked = balancer->pick(candidates, now).value();
      candidates[picked].last_used = now;
      sum += picked;
    }
    return sum;
  });
}

void print_line(const char* what, Figure figure) {
  std::printf("  %-48s%8.1f /%8.1f\n", what, figure.least_ns, figure.median_ns);
}

/// One that is 3 blocks late, over as many steps of the pool's head as are kept.
Figure view_cost() {
  HeadTracker heads(HeadOptions{}, 10);
  Instant now = kStart;
  for (uint64_t number = 1; number <= 2 * HeadTracker::kStepsMax; ++number) {
    now += Millis(12'000);
    for (size_t i = 0; i < heads.endpoint_count(); ++i) {
      heads.on_head(i, 20'000'000 + number - std::min<uint64_t>(number, i == 1 ? 3 : 0), now);
    }
  }
  return measure([&](uint64_t turn) {
    uint64_t sum = 0;
    for (const uint64_t end = turn + kBatch; turn < end; ++turn) {
      const HeadView view = heads.view(1, now + Nanos(static_cast<int64_t>(turn & 1023)));
      sum += view.lag_blocks.value_or(0) + (view.is_stuck ? 1 : 0);
    }
    return sum;
  });
}

std::array<Nanos, 256> latencies() {
  std::array<Nanos, 256> all{};
  Random random(1);
  for (Nanos& each : all) {
    each = Nanos(static_cast<int64_t>(1'000'000 + random.below(50'000'000)));
  }
  return all;
}

void print_latencies() {
  const std::array<Nanos, 256> took = latencies();
  LatencyHistogram histogram;
  print_line("LatencyHistogram::add", measure([&](uint64_t) {
               for (size_t i = 0; i < kBatch; ++i) {
                 histogram.add(took[i % took.size()]);
               }
               return uint64_t{histogram.sample_count()};
             }));
  print_line("LatencyHistogram::quantile, nothing new", measure([&](uint64_t) {
               uint64_t sum = 0;
               for (size_t i = 0; i < kBatch; ++i) {
                 sum += static_cast<uint64_t>(histogram.quantile(0.9)->count());
               }
               return sum;
             }));
  print_line("LatencyHistogram::add and quantile", measure([&](uint64_t) {
               uint64_t sum = 0;
               for (size_t i = 0; i < kBatch; ++i) {
                 histogram.add(took[i % took.size()]);
                 sum += static_cast<uint64_t>(histogram.quantile(0.9)->count());
               }
               return sum;
             }));
}

Figure rules_cost(MethodRules& rules) {
  const std::array<std::string, 4> methods = {"eth_call", "eth_getLogs", "eth_getBalance",
                                              "eth_getTransactionReceipt"};
  return measure([&](uint64_t) {
    uint64_t sum = 0;
    for (size_t i = 0; i < kBatch; ++i) {
      const std::string& method = methods[i % methods.size()];
      sum += rules.is_allowed(method) && !rules.is_unsupported(method, kStart) ? 1 : 0;
    }
    return sum;
  });
}

void print_rules() {
  MethodRules without{MethodRuleOptions{}};
  MethodRules with{MethodRuleOptions{{"eth_*", "net_*"}, {"*_sign*"}}};
  MethodRules learned{MethodRuleOptions{}};
  learned.on_unsupported("trace_block", kStart);
  print_line("MethodRules, no globs, nothing learned", rules_cost(without));
  print_line("MethodRules with globs", rules_cost(with));
  print_line("MethodRules, one method learned", rules_cost(learned));
}

}  // namespace

void print_policy_pieces() {
  std::printf("%-34s", "Balancer::pick");
  for (const size_t count : kCandidateCounts) {
    std::printf("%7zu candidates", count);
  }
  std::printf("\n");
  for (const Strategy strategy :
       {Strategy::kPriorityWeighted, Strategy::kRoundRobin, Strategy::kWeightedRandom,
        Strategy::kLeastInflight, Strategy::kLowestLatency, Strategy::kLowestCost}) {
    std::printf("  %-32s", std::string(strategy_name(strategy)).c_str());
    for (const size_t count : kCandidateCounts) {
      const Figure figure = pick_cost(strategy, count);
      std::printf("%8.1f /%8.1f", figure.least_ns, figure.median_ns);
    }
    std::printf("\n");
  }
  std::printf("asked for each endpoint\n");
  print_line("HeadTracker::view, 3 blocks late", view_cost());
  print_latencies();
  print_rules();
}

}  // namespace sidecar

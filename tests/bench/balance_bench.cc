#include "core/pool.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rpc/method_table.h"
#include "tests/bench/policy_pieces.h"
#include "tests/support/fake_ports.h"

// What one decision costs: Pool::choose for a call that names a block, over healthy endpoints of
// one tier (so that all are candidates) whose latencies are known; and a whole decision, which is
// choose, on_started and on_ended with a result. Without budgets, and with every bound that a
// provider can have, counted in its vendor's credits. Caches are warm. Time is read from the
// machine's clocks, as the daemon does. Then the parts of it one by one (policy_pieces.h).

namespace sidecar {
namespace {

constexpr std::string_view kMethod = "eth_getBalance";
constexpr uint64_t kHead = 20'000'000;
constexpr size_t kBatch = 64;  // decisions between two looks at the clock
constexpr std::chrono::milliseconds kTimePerFigure{60};
constexpr size_t kEndpointCounts[] = {2, 10, 50};
constexpr Vendor kVendors[] = {Vendor::kAlchemy, Vendor::kInfura, Vendor::kQuicknode,
                               Vendor::kDrpc};
constexpr double kGoalNs = 1'000;  // of choose
constexpr size_t kGoalEndpoints = 10;

class MachineClock final : public Clock {
 public:
  Instant now() const override {
    return Instant(
        std::chrono::duration_cast<Nanos>(std::chrono::steady_clock::now().time_since_epoch()));
  }
  Millis unix_now() const override {
    return std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch());
  }
};

/// More than the benchmark can spend: bounds are kept, and never met.
TermsOptions bounded_terms(Vendor vendor) {
  TermsOptions terms;
  terms.vendor = vendor;
  terms.unit = BudgetUnit::kCredits;
  terms.budget.per_second = 4'000'000'000;
  terms.budget.per_10s = 1'000'000'000'000'000;
  terms.budget.per_day = 1'000'000'000'000'000;
  terms.budget.per_month = 1'000'000'000'000'000;
  return terms;
}

struct Setup {
  Strategy strategy;
  size_t endpoint_count;
  bool is_bounded;
};

/// A pool in the middle of its day.
class Scene {
 public:
  explicit Scene(const Setup& setup)
      : pool_({1, "ethereum", Family::kEvm, 1}, pool_options(setup.strategy), HealthOptions(),
              seeds(setup), clock_, observer_, 1) {
    for (size_t i = 0; i < pool_.size(); ++i) {
      pool_.on_health_event(i, HealthEvent::kRightChain);
      pool_.on_probed(i);
      pool_.on_head(i, kHead, "", true);
      run(i);
    }
    need_.method = kMethod;
    need_.row = &method_row(kMethod);
    need_.block.number = kHead;
    need_.block.oldest = kHead;
  }

  void choose() { last_ = pool_.choose(need_, {}).endpoint.value(); }
  void decide() {
    choose();
    run(last_);
  }

 private:
  static PoolOptions pool_options(Strategy strategy) {
    PoolOptions options;
    options.strategy = strategy;
    return options;
  }
  static std::vector<EndpointSeed> seeds(const Setup& setup) {
    std::vector<EndpointSeed> all(setup.endpoint_count);
    for (size_t i = 0; i < all.size(); ++i) {
      all[i].provider = "provider-" + std::to_string(i);
      all[i].weight = static_cast<uint32_t>(50 + 10 * (i % 11));
      all[i].terms =
          setup.is_bounded ? bounded_terms(kVendors[i % std::size(kVendors)]) : TermsOptions();
      all[i].terms.price = 400 + i;
    }
    return all;
  }
  void run(size_t endpoint) {
    AttemptEnd end;
    end.method = kMethod;
    end.took = Nanos(static_cast<int64_t>(1'000'000 + random_.below(50'000'000)));
    pool_.on_started(endpoint, kMethod);
    pool_.on_ended(endpoint, end);
  }

  MachineClock clock_;
  testing::FakeObserver observer_;
  Random random_{1};
  Pool pool_;
  CallNeed need_;
  size_t last_ = 0;
};

struct Figure {
  double least_ns = 0;
  double median_ns = 0;
};

Figure measure(Scene& scene, void (Scene::*work)()) {
  using Watch = std::chrono::steady_clock;
  std::vector<double> all;
  const auto until = Watch::now() + kTimePerFigure;
  for (auto before = Watch::now(); before < until;) {
    for (size_t i = 0; i < kBatch; ++i) {
      (scene.*work)();
    }
    const auto after = Watch::now();
    all.push_back(std::chrono::duration<double, std::nano>(after - before).count() / kBatch);
    before = after;
  }
  std::sort(all.begin(), all.end());
  return {all.front(), all[all.size() / 2]};
}

/// Prints one line a strategy; returns the slowest median at kGoalEndpoints.
double print_table(const char* title, void (Scene::*work)(), bool is_bounded) {
  double slowest = 0;
  std::printf("%-34s", title);
  for (const size_t count : kEndpointCounts) {
    std::printf("%8zu endpoints", count);
  }
  std::printf("\n");
  for (const Strategy strategy :
       {Strategy::kPriorityWeighted, Strategy::kRoundRobin, Strategy::kWeightedRandom,
        Strategy::kLeastInflight, Strategy::kLowestLatency, Strategy::kLowestCost}) {
    std::printf("  %-32s", std::string(strategy_name(strategy)).c_str());
    for (const size_t count : kEndpointCounts) {
      const auto scene = std::make_unique<Scene>(Setup{strategy, count, is_bounded});
      const Figure figure = measure(*scene, work);
      slowest = count == kGoalEndpoints ? std::max(slowest, figure.median_ns) : slowest;
      std::printf("%8.0f /%8.0f", figure.least_ns, figure.median_ns);
    }
    std::printf("\n");
  }
  return slowest;
}

}  // namespace
}  // namespace sidecar

int main() {
  using namespace sidecar;
  std::printf("nanoseconds each, least / median of batches of %zu\n\n", kBatch);
  const double plain = print_table("choose", &Scene::choose, false);
  const double bounded = print_table("choose, all budgets", &Scene::choose, true);
  print_table("choose, start and end", &Scene::decide, false);
  print_table("choose, start and end, budgets", &Scene::decide, true);
  print_policy_pieces();

  const double slowest = std::max(plain, bounded);
  const bool is_met = slowest <= kGoalNs;
  std::printf("\nchoose among %zu endpoints: at most %.0f ns; goal %.0f ns: %s\n", kGoalEndpoints,
              slowest, kGoalNs, is_met ? "met" : "missed");
  return is_met ? EXIT_SUCCESS : EXIT_FAILURE;
}

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/metric_counts.h"
#include "app/metric_table.h"
#include "app/metrics.h"
#include "core/pool.h"
#include "tests/support/fake_ports.h"
#include "tests/support/fake_time.h"

// What one scrape of /metrics takes from the loop when all that can be counted was: ten chains with
// six providers each, every method answered by every provider, and failed once in one way. The text
// goes out in pieces, one a turn (app/scrapes.h), so two figures count: all of it together, and the
// longest that a turn is held up. And what counting costs a call: its own report and its attempt's.

namespace sidecar {
namespace {

using testing::FakeChannel;
using testing::FakeObserver;
using testing::FakeTime;

constexpr size_t kChains = 10;
constexpr size_t kProviders = 6;
constexpr size_t kScrapes = 200;
constexpr size_t kBatches = 200;
constexpr size_t kReports = 2'000;
constexpr size_t kPieceBytes = 64 * 1024;
constexpr double kGoalMicros = 1'000;

double micros_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
      .count();
}

/// Counts of a long day.
class Day {
 public:
  Day() {
    for (size_t i = 0; i < kChains; ++i) {
      std::vector<EndpointSeed> seeds(kProviders);
      for (size_t j = 0; j < kProviders; ++j) {
        seeds[j].provider = "provider-" + std::to_string(j);
        seeds[j].tier = static_cast<uint32_t>(1 + j / 2);
        seeds[j].port = &channel_;
      }
      const ChainInfo chain{static_cast<ChainNumber>(i + 1), "chain-" + std::to_string(i),
                            Family::kEvm, 1};
      pools_.push_back(std::make_unique<Pool>(chain, PoolOptions(), HealthOptions(), seeds, time_,
                                              observer_, 1));
      counts_.open_chain(*pools_.back());
    }
    methods_ = label_values(Label::kMethod);
    for (const auto& pool : pools_) {
      for (size_t endpoint = 0; endpoint < kProviders; ++endpoint) {
        for (const std::string_view method : methods_) {
          report(*pool, endpoint, method);
        }
      }
    }
    counts_.show_in(metrics_);
  }

  void report(const Pool& pool, size_t endpoint, std::string_view method) {
    AttemptReport attempt;
    attempt.endpoint = pool.name_of(endpoint);
    attempt.method = method;
    attempt.outcome = Outcome::kResult;
    attempt.took = Millis(3);
    counts_.on_attempt_done(attempt);
    CallReport call;
    call.chain_number = pool.chain().number;
    call.chain = pool.chain().name;
    call.method = method;
    call.outcome = outcome_name(endpoint == 0 ? Outcome::kCallerFault : Outcome::kResult);
    call.answered_by = attempt.endpoint;
    call.took = Millis(4);
    call.upstream = Millis(3);
    counts_.on_call_done(call);
  }

  void count() {
    double best = 1e9;
    for (size_t batch = 0; batch < kBatches; ++batch) {
      const auto start = std::chrono::steady_clock::now();
      for (size_t i = 0; i < kReports; ++i) {
        report(*pools_[i % kChains], i % kProviders, methods_[i % 40]);
      }
      best = std::min(best, micros_since(start));
    }
    std::printf("count   %6.0f ns for a call and its attempt\n",
                best * 1e3 / static_cast<double>(kReports));
  }

  /// False when it missed the goal.
  bool scrape() {
    double best = 1e9;
    double longest_of_best = 0;
    std::string piece;  // app/scrapes.h keeps it too
    size_t bytes = 0;
    size_t lines = 0;
    for (size_t i = 0; i < kScrapes; ++i) {
      double all = 0;
      double longest = 0;
      bytes = lines = 0;
      Metrics::Place place;
      for (bool is_more = true; is_more;) {
        piece.clear();
        const auto start = std::chrono::steady_clock::now();
        while (is_more && piece.size() < kPieceBytes) {
          is_more = metrics_.write_next(place, piece);
        }
        const double took = micros_since(start);
        all += took;
        longest = std::max(longest, took);
        bytes += piece.size();
        lines += static_cast<size_t>(std::count(piece.begin(), piece.end(), '\n'));
      }
      if (all < best) {
        best = all;
        longest_of_best = longest;
      }
    }
    std::printf("scrape  %6.0f us for %zu lines, %zu KiB; %.0f us the longest piece (goal %.0f)\n",
                best, lines, bytes / 1024, longest_of_best, kGoalMicros);
    return longest_of_best < kGoalMicros;
  }

 private:
  FakeTime time_;
  FakeObserver observer_;
  FakeChannel channel_;
  std::vector<std::unique_ptr<Pool>> pools_;
  std::vector<std::string_view> methods_;
  MetricCounts counts_;
  Metrics metrics_;
};

}  // namespace
}  // namespace sidecar

int main() {
  sidecar::Day day;
  day.count();
  return day.scrape() ? 0 : 1;
}

#include "policy/retry.h"

#include <algorithm>

#include "base/check.h"

namespace sidecar {

Millis retry_pause(const RetryOptions& options, uint32_t retry, Random& random) {
  constexpr uint32_t kDoublingsMax = 20;
  const uint32_t doublings = std::min(std::max(retry, 1u) - 1, kDoublingsMax);
  const int64_t whole =
      std::min(options.pause_max, options.pause_min * (int64_t{1} << doublings)).count();
  const int64_t half = whole / 2;
  return Millis(whole - static_cast<int64_t>(random.below(static_cast<uint64_t>(half) + 1)));
}

void RetryBudget::on_end() {
  CHECK(extra_count_ > 0);
  --extra_count_;
}

size_t RetryBudget::limit(size_t calls_in_flight) const {
  return std::max<size_t>(options_.budget_min, calls_in_flight * options_.budget_percent / 100);
}

}  // namespace sidecar

#include "policy/cooldown.h"

#include <algorithm>

namespace sidecar {

void Cooldown::on_throttled(std::optional<Millis> retry_after, Instant now, Random& random) {
  const bool is_new = is_over(now);
  Instant until;
  if (retry_after) {
    until = now + std::clamp(*retry_after, Millis(0), options_.retry_after_max);
  } else {
    constexpr uint32_t kDoublingsMax = 20;
    const Millis whole = std::min(
        options_.pause_max, options_.pause_min * (int64_t{1} << std::min(times_, kDoublingsMax)));
    // Up to a fifth longer, so that processes that were throttled together do not come back
    // together.
    const auto extra = random.below(static_cast<uint64_t>(whole.count()) / 5 + 1);
    until = is_new ? now + whole + Millis(static_cast<int64_t>(extra)) : until_;
  }
  if (is_new) {
    began_ = now;
    ++times_;
    until_ = until;
  } else {
    until_ = std::max(until_, until);
  }
}

void Cooldown::on_success(Instant now) {
  // Answers to what was sent before the pause say nothing.
  if (is_over(now)) {
    times_ = 0;
  }
}

void Cooldown::reset() {
  times_ = 0;
  until_ = Instant::min();
  began_ = Instant::min();
}

}  // namespace sidecar

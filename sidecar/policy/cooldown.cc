#include "policy/cooldown.h"

#include <algorithm>

namespace sidecar {

void Cooldown::on_throttled(std::optional<Millis> retry_after, Instant now, Random& random) {
  constexpr Millis kLeast{1'000};
  const bool is_new = is_over(now);
  if (!is_new && !retry_after) {
    return;
  }
  if (retry_after) {
    const Millis asked = *retry_after > Millis(0) ? *retry_after : kLeast;
    const Instant end = now + std::min(asked, options_.retry_after_max);
    until_ = is_new ? end : std::max(until_, end);
  } else {
    until_ = now + own_pause(random);
  }
  if (is_new) {
    began_ = now;
    times_ = std::min(times_, UINT32_MAX - 1) + 1;
  }
}

Millis Cooldown::own_pause(Random& random) const {
  constexpr uint32_t kDoublingsMax = 20;
  const Millis whole = std::min(
      options_.pause_max, options_.pause_min * (int64_t{1} << std::min(times_, kDoublingsMax)));
  const auto fifth = static_cast<uint64_t>(whole.count()) / 5;
  return whole + Millis(static_cast<int64_t>(random.below(fifth + 1)));
}

void Cooldown::on_success(Instant now) {
  if (is_over(now)) {
    times_ = 0;
  }
}

CooldownMemory Cooldown::memory(Instant now) const {
  return {times_, is_over(now) ? Nanos(0) : until_ - now};
}

void Cooldown::restore(const CooldownMemory& memory, Instant now) {
  times_ = memory.times;
  if (memory.left > Nanos(0)) {
    const Nanos most =
        std::max(options_.pause_max + options_.pause_max / 5, options_.retry_after_max);
    began_ = now;
    until_ = now + std::min(memory.left, most);
  }
}

void Cooldown::reset() {
  times_ = 0;
  until_ = Instant::min();
  began_ = Instant::min();
}

}  // namespace sidecar

#include "policy/quota.h"

#include <algorithm>

namespace sidecar {

namespace {

/// Calls take about as long as this; nobody knows when one of them ends.
constexpr Millis kRetryOpen{100};
constexpr Nanos kSecond = std::chrono::seconds(1);

}  // namespace

void Quota::Place::leave() {
  if (of_ != nullptr) {
    --of_->open_[static_cast<size_t>(kind_)];
    of_ = nullptr;
  }
}

Nanos Quota::wait(Instant now) const {
  if (options_.rate == 0) {
    return Nanos(0);
  }
  // The bucket as a time: each token moves the moment at which it is full by one interval; it is
  // empty when that moment is a whole bucket away.
  const Nanos interval = kSecond / options_.rate;
  const uint32_t burst = options_.burst != 0 ? options_.burst : options_.rate;
  const Nanos missing = full_at_ > now ? full_at_ - now : Nanos(0);
  return std::max(Nanos(0), missing + interval - interval * burst);
}

std::optional<Quota::Refusal> Quota::enter(Kind kind, Instant now, Place& place) {
  const bool is_call = kind == Kind::kCall;
  const uint32_t open_max = is_call ? options_.inflight_max : options_.subscriptions_max;
  uint32_t& open = open_[static_cast<size_t>(kind)];
  if (open_max != 0 && open >= open_max) {
    return Refusal{is_call ? "inflight_max" : "subscriptions_max", kRetryOpen};
  }
  if (const Nanos pause = wait(now); pause > Nanos(0)) {
    return Refusal{"rate", std::chrono::ceil<Millis>(pause)};
  }
  if (options_.rate != 0) {
    full_at_ = std::max(full_at_, now) + kSecond / options_.rate;
  }
  place.leave();
  place.of_ = this;
  place.kind_ = kind;
  ++open;
  return std::nullopt;
}

}  // namespace sidecar

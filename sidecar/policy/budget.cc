#include "policy/budget.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/capped.h"

namespace sidecar {

namespace {

constexpr uint64_t kNano = 1'000'000'000;
constexpr Nanos kSlice{std::chrono::seconds(1)};

/// No bound, or room for `cost` below it.
bool fits(uint64_t spent, uint64_t cost, uint64_t bound) {
  return bound == 0 || (cost <= bound && spent <= bound - cost);
}

}  // namespace

Budget::Budget(const BudgetOptions& options, Instant now, Millis unix_now)
    : options_(options),
      tokens_nano_(capacity() * kNano),
      refilled_at_(now),
      slice_began_(now),
      day_(day_of(reset(), unix_now)),
      month_(month_of(reset(), unix_now)) {}

bool Budget::is_bounded() const {
  return options_.per_second != 0 || options_.per_10s != 0 || options_.per_day != 0 ||
         options_.per_month != 0;
}

void Budget::set_options(const BudgetOptions& options, Instant now, Millis unix_now) {
  roll(now, unix_now);
  const bool had_bucket = options_.per_second != 0;
  options_ = options;
  tokens_nano_ = had_bucket ? std::min(tokens_nano_, capacity() * kNano) : capacity() * kNano;
  refilled_at_ = std::max(refilled_at_, now);
  day_ = day_of(reset(), unix_now);
  month_ = month_of(reset(), unix_now);
}

void Budget::roll(Instant now, Millis unix_now) {
  refill(now);
  turn_slices(now);
  turn_calendar(unix_now);
}

void Budget::refill(Instant now) {
  if (options_.per_second == 0 || now <= refilled_at_) {
    return;
  }
  // A unit a second is a billionth a nanosecond. Past the time that fills it nothing is counted.
  const auto elapsed = static_cast<uint64_t>((now - refilled_at_).count());
  const uint64_t missing = capacity() * kNano - tokens_nano_;
  const bool is_full = elapsed >= missing / options_.per_second + 1;
  tokens_nano_ += is_full ? missing : elapsed * options_.per_second;
  refilled_at_ = now;
}

void Budget::turn_slices(Instant now) {
  if (now < slice_began_ + kSlice) {
    return;
  }
  const auto turns = static_cast<uint64_t>((now - slice_began_) / kSlice);
  for (uint64_t i = 0; i < std::min<uint64_t>(turns, kSliceCount); ++i) {
    slice_ = (slice_ + 1) % kSliceCount;
    slices_[slice_] = 0;
  }
  slice_began_ += kSlice * static_cast<int64_t>(turns);
}

void Budget::turn_calendar(Millis unix_now) {
  if (unix_now < day_.end && unix_now >= day_.begin) {
    return;
  }
  // Another day than the last time, so it may be another month: a month ends with a day.
  if (unix_now >= day_.end) {
    spent_day_ = 0;
  }
  if (unix_now >= month_.end) {
    spent_month_ = 0;
  }
  day_ = day_of(reset(), unix_now);
  month_ = month_of(reset(), unix_now);
}

uint64_t Budget::spent_lately() const {
  return std::accumulate(slices_.begin(), slices_.end(), uint64_t{0}, add_capped);
}

bool Budget::has_quota(uint64_t cost) const {
  return fits(spent_day_, cost, options_.per_day) && fits(spent_month_, cost, options_.per_month);
}

bool Budget::may_spend(uint64_t cost, Instant now, Millis unix_now) {
  roll(now, unix_now);
  const bool has_tokens = options_.per_second == 0 || tokens_nano_ / kNano >= cost;
  const bool has_slices = options_.per_10s == 0 || fits(spent_lately(), cost, options_.per_10s);
  return has_tokens && has_slices && has_quota(cost);
}

void Budget::spend(uint64_t cost, Instant now, Millis unix_now) {
  roll(now, unix_now);
  tokens_nano_ -= std::min(tokens_nano_ / kNano, cost) * kNano;
  slices_[slice_] = add_capped(slices_[slice_], cost);
  spend_quota(cost, unix_now);
}

void Budget::spend_quota(uint64_t cost, Millis unix_now) {
  turn_calendar(unix_now);
  spent_day_ = add_capped(spent_day_, cost);
  spent_month_ = add_capped(spent_month_, cost);
}

BudgetMemory Budget::memory(Millis unix_now) {
  turn_calendar(unix_now);
  return {spent_day_, day_.end, spent_month_, month_.end};
}

void Budget::restore(const BudgetMemory& memory, Millis unix_now) {
  turn_calendar(unix_now);
  spent_day_ = add_capped(spent_day_, unix_now < memory.day_ends ? memory.spent_day : 0);
  spent_month_ = add_capped(spent_month_, unix_now < memory.month_ends ? memory.spent_month : 0);
}

std::optional<Instant> Budget::affordable_at(uint64_t cost, Instant now, Millis unix_now) {
  roll(now, unix_now);
  const bool never_fits = (options_.per_second != 0 && cost > capacity()) ||
                          (options_.per_10s != 0 && cost > options_.per_10s);
  if (never_fits || !has_quota(cost)) {
    return std::nullopt;
  }
  Instant when = now;
  if (options_.per_second != 0 && tokens_nano_ < cost * kNano) {
    const uint64_t missing = cost * kNano - tokens_nano_;
    // From where the bucket stands, which is later than `now` when the clock went back.
    when = refilled_at_ +
           Nanos(static_cast<int64_t>((missing + options_.per_second - 1) / options_.per_second));
  }
  uint64_t spent = options_.per_10s != 0 ? spent_lately() : 0;
  for (size_t turn = 1; turn <= kSliceCount && !fits(spent, cost, options_.per_10s); ++turn) {
    // The oldest slice is the next in the ring: at each turn one is forgotten.
    spent -= slices_[(slice_ + turn) % kSliceCount];
    when = std::max(when, slice_began_ + kSlice * static_cast<int64_t>(turn));
  }
  return when;
}

Budget::Left Budget::left(Instant now, Millis unix_now) {
  roll(now, unix_now);
  const auto left_of = [](uint64_t bound, uint64_t spent) {
    return bound == 0 ? std::nullopt : std::optional(bound - std::min(bound, spent));
  };
  Left left;
  if (options_.per_second != 0) {
    left.second = tokens_nano_ / kNano;
  }
  left.ten_seconds = left_of(options_.per_10s, spent_lately());
  left.day = left_of(options_.per_day, spent_day_);
  left.month = left_of(options_.per_month, spent_month_);
  return left;
}

}  // namespace sidecar

#include "policy/spend.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/capped.h"

namespace sidecar {

namespace {

/// A shorter time says too little about a month.
constexpr std::chrono::seconds kCountedMin = std::chrono::hours(1);

uint64_t seconds_in(Millis span) {
  return static_cast<uint64_t>(
      std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(span).count()));
}

}  // namespace

Spent& Spent::operator+=(const Spent& more) {
  nano_dollars = add_capped(nano_dollars, more.nano_dollars);
  requests = add_capped(requests, more.requests);
  credits = add_capped(credits, more.credits);
  return *this;
}

MonthSpend::MonthSpend(const ResetOptions& reset, Millis unix_now)
    : reset_(reset), month_(month_of(reset, unix_now)), counted_since_(unix_now) {}

void MonthSpend::turn(Millis unix_now) {
  if (unix_now >= month_.begin && unix_now < month_.end) {
    return;
  }
  if (unix_now >= month_.end) {
    spent_ = {};
  }
  month_ = month_of(reset_, unix_now);
}

void MonthSpend::add(const Spent& more, Millis unix_now) {
  turn(unix_now);
  spent_ += more;
}

void MonthSpend::set_reset(const ResetOptions& reset, Millis unix_now) {
  turn(unix_now);
  if (reset != reset_) {
    reset_ = reset;
    month_ = month_of(reset, unix_now);
  }
}

const Spent& MonthSpend::spent(Millis unix_now) {
  turn(unix_now);
  return spent_;
}

TimeSpan MonthSpend::month(Millis unix_now) {
  turn(unix_now);
  return month_;
}

uint64_t MonthSpend::projected(Millis unix_now) {
  turn(unix_now);
  const Millis since = std::max(month_.begin, std::min(counted_since_, unix_now));
  const uint64_t counted =
      std::max(seconds_in(unix_now - since), static_cast<uint64_t>(kCountedMin.count()));
  const uint64_t left = seconds_in(month_.end - unix_now);
  // Parted, so that nothing overflows: a month has less than 2^22 seconds.
  const uint64_t nano = spent_.nano_dollars;
  const uint64_t to_come =
      add_capped(multiply_capped(nano / counted, left), nano % counted * left / counted);
  return add_capped(nano, to_come);
}

MonthMemory MonthSpend::memory(Millis unix_now) {
  turn(unix_now);
  return {spent_, month_.end, counted_since_};
}

void MonthSpend::restore(const MonthMemory& memory, Millis unix_now) {
  turn(unix_now);
  if (unix_now < memory.ends) {
    spent_ += memory.spent;
  }
  counted_since_ = std::min(counted_since_, memory.counted_since);
}

void SpendRate::add(uint64_t nano_dollars, Instant now) {
  minute_.add(nano_dollars, now);
  hour_.add(nano_dollars, now);
}

void SpendRate::Window::turn(Instant now) {
  if (now < began_ + slice_) {
    return;
  }
  const auto turns = static_cast<uint64_t>((now - began_) / slice_);
  for (uint64_t i = 0; i < std::min<uint64_t>(turns, kSliceCount); ++i) {
    at_ = (at_ + 1) % kSliceCount;
    slices_[at_] = 0;
  }
  began_ += slice_ * static_cast<int64_t>(turns);
}

void SpendRate::Window::add(uint64_t nano_dollars, Instant now) {
  turn(now);
  slices_[at_] = add_capped(slices_[at_], nano_dollars);
}

uint64_t SpendRate::Window::sum(Instant now) {
  turn(now);
  return std::accumulate(slices_.begin(), slices_.end(), uint64_t{0}, add_capped);
}

}  // namespace sidecar

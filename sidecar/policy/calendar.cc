#include "policy/calendar.h"

#include <algorithm>
#include <chrono>

namespace sidecar {

namespace {

using Days = std::chrono::sys_days;

/// The day that it is once the reset's hour is taken for midnight.
Days shifted_day(const ResetOptions& reset, Millis unix_now) {
  return Days(std::chrono::floor<std::chrono::days>(unix_now - std::chrono::hours(reset.hour)));
}

Millis unix_of(Days day, const ResetOptions& reset) {
  return std::chrono::duration_cast<Millis>(day.time_since_epoch()) +
         std::chrono::hours(reset.hour);
}

}  // namespace

TimeSpan day_of(const ResetOptions& reset, Millis unix_now) {
  const Days day = shifted_day(reset, unix_now);
  return {unix_of(day, reset), unix_of(day + std::chrono::days(1), reset)};
}

TimeSpan month_of(const ResetOptions& reset, Millis unix_now) {
  const std::chrono::year_month_day today(shifted_day(reset, unix_now));
  const std::chrono::day first(reset.day);
  std::chrono::year_month_day begin = today.year() / today.month() / first;
  if (today.day() < first) {
    begin = begin - std::chrono::months(1);
  }
  return {unix_of(Days(begin), reset), unix_of(Days(begin + std::chrono::months(1)), reset)};
}

ResetOptions reset_at(Millis unix_time) {
  const Days day = shifted_day({}, unix_time);
  const auto hour = std::chrono::floor<std::chrono::hours>(unix_time - unix_of(day, {}));
  const std::chrono::year_month_day date(day);
  return {static_cast<uint32_t>(hour.count()),
          std::min(static_cast<uint32_t>(static_cast<unsigned>(date.day())), 28u)};
}

}  // namespace sidecar

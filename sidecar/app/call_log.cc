#include "app/call_log.h"

#include <charconv>
#include <string>

#include "base/log.h"

namespace sidecar {

namespace {

int64_t micros(Nanos took) {
  return std::chrono::duration_cast<std::chrono::microseconds>(took).count();
}

}  // namespace

void CallLog::set_rate(std::string_view rate) {
  percent_ = 0;
  std::from_chars(rate.data(), rate.data() + rate.size(), percent_);
  rate_ = rate == "errors" ? Rate::kErrors : percent_ > 0 ? Rate::kPercent : Rate::kOff;
}

bool CallLog::is_wanted(const CallReport& report) {
  if (!log::is_on(log::Level::kInfo)) {
    return false;
  }
  return rate_ == Rate::kErrors ? report.is_error : random_.below(100) < percent_;
}

void CallLog::write(const CallReport& report) const {
  log::info(
      "call", log::kv("chain", report.chain), log::kv("method", report.method),
      log::kv("outcome", report.outcome), log::kv("provider", report.answered_by.provider),
      log::kv("worker", workers_ != nullptr ? std::string_view(workers_->name_of(report.worker))
                                            : std::string_view()),
      log::kv("took_us", micros(report.took)), log::kv("upstream_us", micros(report.upstream)),
      log::kv("retries", report.retry_count), log::kv("hedged", report.was_hedged),
      log::kv("session", report.session));
}

}  // namespace sidecar

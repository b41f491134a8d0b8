#pragma once

#include <cstdint>
#include <string_view>

#include "base/random.h"
#include "core/ports.h"
#include "core/worker_table.h"

namespace sidecar {

/// The access log: one line at level info for each call that is over and wanted.
/// By chance, not by time, so that a sample is one of all calls, also of those in step with a
/// clock. Off, a call costs one comparison.
/// Owner: Telemetry, by value.
class CallLog {
 public:
  explicit CallLog(uint64_t seed) : random_(seed) {}

  /// As in log.calls: "errors", or so many of a hundred. Requires: config/ has checked it.
  void set_rate(std::string_view rate);
  /// So that workers are called by name. Requires: it outlives us.
  void set_workers(const WorkerTable& workers) { workers_ = &workers; }
  void on_call_done(const CallReport& report) {
    if (rate_ != Rate::kOff && is_wanted(report)) {
      write(report);
    }
  }

 private:
  enum class Rate : uint8_t { kOff, kErrors, kPercent };

  bool is_wanted(const CallReport& report);
  void write(const CallReport& report) const;

  Rate rate_ = Rate::kOff;
  uint32_t percent_ = 0;
  Random random_;
  const WorkerTable* workers_ = nullptr;
};

}  // namespace sidecar

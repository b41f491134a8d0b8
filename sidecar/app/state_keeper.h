#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/cost_ledger.h"
#include "base/timers.h"
#include "config/config.h"
#include "core/pool.h"
#include "net/file_writer.h"
#include "net/loop.h"

namespace sidecar {

/// Keeps what the house knows over a restart: writes it now and then and at the end, and reads it
/// at the start.
///
///   start:  file ─▶ unseal ─▶ parse ─▶ ledger, pools     (none, or a bad one: as if new, one
///   warning) every interval, and in finish():  ledger, pools ─▶ JSON ─▶ seal ─▶ FileWriter
/// A disk that is full or gone is told once, and once when it is well again; the sidecar serves on.
/// Limits: the file is kept under kSoftBytes by leaving latencies out.
/// Owner: Daemon. Requires: what it is given outlives it.
class StateKeeper {
 public:
  static constexpr size_t kSoftBytes = 64 * 1024;

  StateKeeper(Loop& loop, const StateOptions& options,
              const std::vector<std::unique_ptr<Pool>>& pools, CostLedger& ledger);

  /// Requires: the loop does not run yet, no call has come.
  void restore();
  void start();
  /// Writes once more; `done` comes when it is written or cannot be, perhaps inside.
  void finish(std::function<void()> done);

 private:
  void on_due();
  void write();
  void on_written(const Status& written);

  StateOptions options_;
  const Clock& clock_;
  const std::vector<std::unique_ptr<Pool>>& pools_;
  CostLedger& ledger_;
  FileWriter file_;
  std::unique_ptr<Timer> timer_;
  bool has_failed_ = false;
  bool is_last_written_ = false;
  std::function<void()> on_finished_;
};

}  // namespace sidecar

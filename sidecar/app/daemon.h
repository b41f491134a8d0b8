#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/access_gate.h"
#include "app/admin.h"
#include "app/channels.h"
#include "app/cost_ledger.h"
#include "app/metrics.h"
#include "app/recent.h"
#include "app/rest.h"
#include "app/scrapes.h"
#include "app/state_keeper.h"
#include "app/status_report.h"
#include "app/telemetry.h"
#include "config/config.h"
#include "core/dispatcher.h"
#include "core/hub.h"
#include "core/pool.h"
#include "core/prober.h"
#include "core/worker_table.h"
#include "downstream/listener.h"
#include "downstream/session.h"
#include "net/loop.h"

namespace sidecar {

/// What came of reading the configuration again; endpoints are counted.
struct ReloadSummary {
  size_t added = 0;
  size_t retired = 0;
  size_t changed = 0;  ///< in place: tier, weight, terms
  /// Settings that are not as they are in force, by name; and are not, until a restart.
  std::vector<std::string> needs_restart;
};

/// The whole sidecar on one loop: channels, dispatcher, listener, wired as ARCHITECTURE.md draws.
/// Starts with nothing healthy: it binds at once and never waits for a provider.
/// Owner: `rpc-sidecar run`, or a test.
class Daemon {
 public:
  /// Errors: what the listener or a channel says, with the setting's name.
  /// `passed_fd`: a listening socket to be used instead of opening listen.path; -1 = none.
  static Result<std::unique_ptr<Daemon>> create(Loop& loop, const Config& config,
                                                int passed_fd = -1);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Makes what can change while it runs as `wanted` has it. Errors: a channel's; then nothing has
  /// changed. Requires: drain() was not called, nor shut_down().
  Result<ReloadSummary> reload(const Config& wanted);
  /// Stops accepting, refuses new calls and lets those in flight end, within this time at most;
  /// then calls `on_drained`. Workers with subscriptions keep them until then.
  void drain(Millis within, std::function<void()> on_drained);
  /// Stops accepting, ends every session, and calls `on_down` when all is closed.
  void shut_down(std::function<void()> on_down);

  uint16_t http_port() const { return listener_->http_port(); }
  Telemetry& telemetry() { return telemetry_; }
  std::string socket_path() const { return listener_->socket_path(); }
  /// "serving 3 chains, 5 of 6 providers healthy", "draining, 2 calls in flight".
  std::string summary() const;
  /// What makes no progress though the loop turns; empty when all moves. For a look now and then.
  std::string find_stuck();

 private:
  Daemon(Loop& loop, const Config& config);
  Status open_pool(const Config& config, size_t chain);
  void open_recent();
  void open_rest();
  void set_access(const Config& wanted);
  void open_metrics();
  void open_keeper(const StateOptions& options);
  std::string hello() const;

  Loop& loop_;
  bool is_draining_ = false;
  Telemetry telemetry_;
  WorkerTable workers_;
  std::vector<ChainInfo> chains_;
  std::unique_ptr<AccessGate> access_;  ///< before the sessions, which have places in its quotas
  SessionTable sessions_;
  Config started_;  ///< as it was read at the start
  Channels channels_;
  std::vector<std::unique_ptr<Pool>> pools_;
  CostLedger ledger_;
  std::unique_ptr<Recent> recent_;
  StatusReport status_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<SubscriptionHub> hub_;
  std::unique_ptr<Prober> prober_;
  std::unique_ptr<Admin> admin_;
  Metrics metrics_;
  std::unique_ptr<Scrapes> scrapes_;
  std::unique_ptr<Rest> rest_;
  std::unique_ptr<StateKeeper> keeper_;  ///< null: nothing is kept
  std::unique_ptr<Listener> listener_;
};

}  // namespace sidecar

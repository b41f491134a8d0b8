#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/pool.h"
#include "core/ports.h"
#include "core/worker_table.h"
#include "policy/price.h"
#include "policy/spend.h"

namespace sidecar {

/// Where the money goes, for who shows it. Money in nano-dollars. Views live until the ledger is
/// told something.
struct CostView {
  struct Account {
    std::string_view chain;
    std::string_view provider;
    bool is_configured = true;  ///< false: it was in its month, and still counts in it
    BudgetUnit unit = BudgetUnit::kRequests;
    Spent total;
    Spent month;
    uint64_t month_projected = 0;
    Millis month_ends{0};  ///< unix time
    std::optional<uint64_t>
        quota;  ///< units of the month's bound, else of the day's; none = no such
    std::optional<uint64_t> quota_left;
  };
  struct Class {
    std::string_view chain;
    std::string_view name;  ///< static
    Spent total;
  };
  struct Worker {
    std::string_view name;
    Spent total;
  };
  std::vector<Account> accounts;  ///< those with nothing spent too, as long as they are configured
  std::vector<Class> classes;     ///< those with something spent
  std::vector<Worker> workers;    ///< the same
  Spent total;                    ///< since counting began
  Millis since{0};                ///< when that was, unix time
  uint64_t last_minute = 0;
  uint64_t last_hour = 0;
  uint64_t month = 0;            ///< of all accounts, each in its own billing month
  uint64_t month_projected = 0;  ///< likewise
  uint64_t month_planned = 0;    ///< 0 = no plan
  uint64_t saved_by_feeds = 0;
  uint64_t saved_by_flights = 0;  ///< there are none yet
  uint64_t saved_by_cache = 0;    ///< likewise

  /// What an hour costs at the last minute's pace.
  uint64_t per_hour() const { return last_minute * 60; }
};

/// What the ledger knows that is worth keeping over a restart; by name, for numbers change.
struct LedgerMemory {
  struct Account {
    std::string chain;
    std::string provider;
    bool counts_credits = false;
    Spent total;
    MonthMemory month;
  };
  struct Class {
    std::string chain;
    std::string name;
    Spent total;
  };
  struct Worker {
    std::string name;
    Spent total;
  };
  std::vector<Account> accounts;
  std::vector<Class> classes;
  std::vector<Worker> workers;
  Spent total;
  Millis since{0};
  uint64_t saved_by_feeds = 0;
};

/// What was spent: by provider, chain, class of method and worker; and what was not, for feeds are
/// shared.
///
///   attempt ─▶ billed? ─▶ units, bytes ─▶ price ─┬─▶ account, its month, rates
///   event of a source ───▶ units, bytes ─▶ price ─┼─▶ class: light, heavy, write, events
///                                                 └─▶ worker; probes and feeds are the sidecar's
///   event delivered to n ─▶ saved: n - 1 times what the chain's last event cost
/// An estimate from published prices and our own count, never the invoice. An attempt counts once
/// it was sent, also when it failed, for some vendors bill that. Saved is what n subscriptions
/// instead of one would have cost: events that nobody waited for, of second sources and of polling
/// are spent and not taken off.
/// Limits: kGoneMax accounts of providers that were gone at a restart; kKeptWorkersMax workers are
/// kept over one, the dearest, for names may be made up anew each time; the rest is "other".
/// Owner: Daemon. Requires: what it is given outlives it.
class CostLedger {
 public:
  static constexpr size_t kGoneMax = 64;
  static constexpr size_t kKeptWorkersMax = 128;

  CostLedger(const Clock& clock, const std::vector<std::unique_ptr<Pool>>& pools,
             WorkerTable& workers, uint64_t month_dollars);

  void on_attempt_done(const AttemptReport& report);
  void on_event_received(const EventReport& report);
  void on_feed_event(std::string_view chain, EventKind what, size_t subscriber_count);

  CostView view();
  LedgerMemory memory();
  /// Adds what was counted before a restart. Requires: the pools are made, no call has come.
  void restore(const LedgerMemory& memory);
  void set_month_dollars(uint64_t dollars) { month_dollars_ = dollars; }

 private:
  static constexpr size_t kClassCount = 4;  ///< three of LatencyClass, and events

  struct Account {
    std::string chain;
    std::string provider;
    bool is_configured = true;
    BudgetUnit unit = BudgetUnit::kRequests;
    PriceMeter meter;
    Spent total;
    MonthSpend month;
  };
  struct Chain {
    std::vector<size_t> accounts;  ///< by endpoint
    std::array<Spent, kClassCount> classes;
    uint64_t last_event = 0;  ///< nano-dollars
  };

  size_t account_at(ChainNumber chain, size_t endpoint);
  size_t account_of(std::string_view chain, std::string_view provider, const ResetOptions& reset);
  Chain& chain_at(ChainNumber number);
  void open_accounts();
  void fill_quotas(CostView& view) const;
  void restore_workers(const std::vector<LedgerMemory::Worker>& kept);
  Spent charge(const EndpointName& endpoint, uint64_t units, uint64_t bytes);
  void book(const EndpointName& endpoint, const Spent& spent, size_t method_class,
            WorkerNumber worker);

  const Clock& clock_;
  const std::vector<std::unique_ptr<Pool>>& pools_;
  WorkerTable& workers_;
  uint64_t month_dollars_;
  std::vector<Account> accounts_;
  std::vector<Chain> chains_;  ///< by number - 1
  std::vector<Spent> spent_by_worker_;
  Spent total_;
  Millis since_;
  SpendRate rate_;
  uint64_t saved_by_feeds_ = 0;
};

}  // namespace sidecar

#include "app/cost_ledger.h"

#include <algorithm>
#include <utility>

#include "base/capped.h"
#include "rpc/method_table.h"

namespace sidecar {

namespace {

constexpr uint64_t kNanoInDollar = 1'000'000'000;
constexpr size_t kEvents = 3;
constexpr std::array<std::string_view, 4> kClassNames{"light", "heavy", "write", "events"};

ResetOptions reset_of(const TermsOptions& terms) {
  return {terms.budget.reset_hour, terms.budget.reset_day};
}

template <class T>
T& at_grown(std::vector<T>& items, size_t index) {
  if (index >= items.size()) {
    items.resize(index + 1);
  }
  return items[index];
}

}  // namespace

CostLedger::CostLedger(const Clock& clock, const std::vector<std::unique_ptr<Pool>>& pools,
                       WorkerTable& workers, uint64_t month_dollars)
    : clock_(clock),
      pools_(pools),
      workers_(workers),
      month_dollars_(month_dollars),
      since_(clock.unix_now()),
      rate_(clock.now()) {}

CostLedger::Chain& CostLedger::chain_at(ChainNumber number) {
  return at_grown(chains_, number - 1u);
}

size_t CostLedger::account_of(std::string_view chain, std::string_view provider,
                              const ResetOptions& reset) {
  const auto found = std::find_if(accounts_.begin(), accounts_.end(), [&](const Account& one) {
    return one.chain == chain && one.provider == provider;
  });
  if (found != accounts_.end()) {
    return static_cast<size_t>(found - accounts_.begin());
  }
  accounts_.push_back({std::string(chain),
                       std::string(provider),
                       true,
                       BudgetUnit::kRequests,
                       {},
                       {},
                       MonthSpend(reset, clock_.unix_now())});
  return accounts_.size() - 1;
}

/// Endpoints are never renumbered, so that a place once found stays right (core/pool.h).
size_t CostLedger::account_at(ChainNumber number, size_t endpoint) {
  std::vector<size_t>& places = chain_at(number).accounts;
  const Pool& pool = *pools_[number - 1u];
  while (places.size() <= endpoint) {
    const Provider& provider = pool.provider_of(places.size());
    places.push_back(account_of(pool.chain().name, provider.name, reset_of(provider.terms)));
  }
  return places[endpoint];
}

Spent CostLedger::charge(const EndpointName& endpoint, uint64_t units, uint64_t bytes) {
  const TermsOptions& terms = pools_[endpoint.chain_number - 1u]->provider_of(endpoint.index).terms;
  Account& account = accounts_[account_at(endpoint.chain_number, endpoint.index)];
  Spent spent;
  spent.nano_dollars = account.meter.charge({terms.price, terms.price_bytes}, units, bytes);
  (terms.unit == BudgetUnit::kCredits ? spent.credits : spent.requests) = units;
  return spent;
}

void CostLedger::book(const EndpointName& endpoint, const Spent& spent, size_t method_class,
                      WorkerNumber worker) {
  Account& account = accounts_[account_at(endpoint.chain_number, endpoint.index)];
  account.total += spent;
  account.month.add(spent, clock_.unix_now());
  chain_at(endpoint.chain_number).classes[method_class] += spent;
  at_grown(spent_by_worker_, worker) += spent;
  total_ += spent;
  rate_.add(spent.nano_dollars, clock_.now());
}

void CostLedger::on_attempt_done(const AttemptReport& report) {
  if (report.outcome && !is_billed(*report.outcome)) {
    return;
  }
  const auto method_class = static_cast<size_t>(method_row(report.method).latency_class);
  book(report.endpoint, charge(report.endpoint, report.units, report.answer_bytes), method_class,
       report.worker);
}

void CostLedger::on_event_received(const EventReport& report) {
  const Spent spent = charge(report.endpoint, report.units, report.bytes);
  chain_at(report.endpoint.chain_number).last_event = spent.nano_dollars;
  book(report.endpoint, spent, kEvents, 0);
}

void CostLedger::on_feed_event(std::string_view chain, EventKind what, size_t subscriber_count) {
  if (what != EventKind::kLive || subscriber_count < 2) {
    return;
  }
  const auto pool = std::find_if(pools_.begin(), pools_.end(),
                                 [chain](const auto& one) { return one->chain().name == chain; });
  if (pool != pools_.end()) {
    const uint64_t each = chain_at((*pool)->chain().number).last_event;
    saved_by_feeds_ =
        add_capped(saved_by_feeds_, multiply_capped(each, uint64_t{subscriber_count} - 1));
  }
}

/// An account for every provider there is, with the terms that hold now.
void CostLedger::open_accounts() {
  const Millis unix_now = clock_.unix_now();
  for (Account& account : accounts_) {
    account.is_configured = false;
  }
  for (const auto& pool : pools_) {
    for (size_t i = 0; i < pool->size(); ++i) {
      if (pool->endpoint(i).is_retired()) {
        continue;
      }
      const TermsOptions& terms = pool->provider_of(i).terms;
      Account& account = accounts_[account_at(pool->chain().number, i)];
      account.is_configured = true;
      account.unit = terms.unit;
      account.month.set_reset(reset_of(terms), unix_now);
    }
  }
}

CostView CostLedger::view() {
  open_accounts();
  const Millis unix_now = clock_.unix_now();
  CostView view;
  for (Account& one : accounts_) {
    CostView::Account shown;
    shown.chain = one.chain;
    shown.provider = one.provider;
    shown.is_configured = one.is_configured;
    shown.unit = one.unit;
    shown.total = one.total;
    shown.month = one.month.spent(unix_now);
    shown.month_projected =
        one.is_configured ? one.month.projected(unix_now) : shown.month.nano_dollars;
    shown.month_ends = one.month.month(unix_now).end;
    view.month = add_capped(view.month, shown.month.nano_dollars);
    view.month_projected = add_capped(view.month_projected, shown.month_projected);
    if (one.is_configured || !shown.month.is_nothing()) {
      view.accounts.push_back(shown);
    }
  }
  fill_quotas(view);
  for (size_t i = 0; i < chains_.size(); ++i) {
    for (size_t k = 0; k < kClassCount; ++k) {
      if (!chains_[i].classes[k].is_nothing()) {
        view.classes.push_back({pools_[i]->chain().name, kClassNames[k], chains_[i].classes[k]});
      }
    }
  }
  for (size_t i = 0; i < spent_by_worker_.size(); ++i) {
    if (!spent_by_worker_[i].is_nothing()) {
      view.workers.push_back({workers_.name_of(static_cast<WorkerNumber>(i)), spent_by_worker_[i]});
    }
  }
  view.total = total_;
  view.since = since_;
  view.last_minute = rate_.last_minute(clock_.now());
  view.last_hour = rate_.last_hour(clock_.now());
  view.month_planned = multiply_capped(month_dollars_, kNanoInDollar);
  view.saved_by_feeds = saved_by_feeds_;
  return view;
}

void CostLedger::fill_quotas(CostView& view) const {
  for (const auto& pool : pools_) {
    for (size_t i = 0; i < pool->size(); ++i) {
      const Provider& provider = pool->provider_of(i);
      const BudgetOptions& bounds = provider.terms.budget;
      if (pool->endpoint(i).is_retired()) {
        continue;
      }
      if (bounds.per_month == 0 && bounds.per_day == 0) {
        continue;
      }
      const auto account =
          std::find_if(view.accounts.begin(), view.accounts.end(), [&](const auto& one) {
            return one.chain == pool->chain().name && one.provider == provider.name;
          });
      const Budget::Left left = pool->budget_left(i);
      account->quota = bounds.per_month != 0 ? bounds.per_month : bounds.per_day;
      account->quota_left = bounds.per_month != 0 ? left.month : left.day;
    }
  }
}

LedgerMemory CostLedger::memory() {
  open_accounts();
  const Millis unix_now = clock_.unix_now();
  LedgerMemory memory;
  for (Account& one : accounts_) {
    const MonthMemory month = one.month.memory(unix_now);
    if (one.is_configured ? !one.total.is_nothing() : !month.spent.is_nothing()) {
      memory.accounts.push_back(
          {one.chain, one.provider, one.unit == BudgetUnit::kCredits, one.total, month});
    }
  }
  const CostView shown = view();
  for (const CostView::Class& one : shown.classes) {
    memory.classes.push_back({std::string(one.chain), std::string(one.name), one.total});
  }
  for (const CostView::Worker& one : shown.workers) {
    memory.workers.push_back({std::string(one.name), one.total});
  }
  memory.total = total_;
  memory.since = since_;
  memory.saved_by_feeds = saved_by_feeds_;
  return memory;
}

void CostLedger::restore(const LedgerMemory& memory) {
  open_accounts();
  const Millis unix_now = clock_.unix_now();
  size_t gone_count = 0;
  for (const LedgerMemory::Account& kept : memory.accounts) {
    const size_t known_count = accounts_.size();
    Account& account = accounts_[account_of(kept.chain, kept.provider, reset_at(kept.month.ends))];
    if (accounts_.size() > known_count) {
      account.is_configured = false;
      account.unit = kept.counts_credits ? BudgetUnit::kCredits : BudgetUnit::kRequests;
    }
    account.total += kept.total;
    account.month.restore(kept.month, unix_now);
    gone_count += account.is_configured ? 0 : 1;
    if (gone_count == kGoneMax) {
      break;
    }
  }
  for (const LedgerMemory::Class& kept : memory.classes) {
    const auto pool = std::find_if(pools_.begin(), pools_.end(), [&kept](const auto& one) {
      return one->chain().name == kept.chain;
    });
    const auto name = std::find(kClassNames.begin(), kClassNames.end(), kept.name);
    if (pool != pools_.end() && name != kClassNames.end()) {
      chain_at((*pool)->chain().number).classes[static_cast<size_t>(name - kClassNames.begin())] +=
          kept.total;
    }
  }
  restore_workers(memory.workers);
  total_ += memory.total;
  since_ = std::min(since_, memory.since);
  saved_by_feeds_ = add_capped(saved_by_feeds_, memory.saved_by_feeds);
}

void CostLedger::restore_workers(const std::vector<LedgerMemory::Worker>& kept) {
  std::vector<LedgerMemory::Worker> dearest = kept;
  std::stable_sort(dearest.begin(), dearest.end(), [](const auto& a, const auto& b) {
    return a.total.nano_dollars > b.total.nano_dollars;
  });
  for (size_t i = 0; i < dearest.size(); ++i) {
    const std::string_view name = i < kKeptWorkersMax ? std::string_view(dearest[i].name) : "other";
    at_grown(spent_by_worker_, workers_.number_of(name)) += dearest[i].total;
  }
}

}  // namespace sidecar

#include "app/cost_metrics.h"

#include <functional>
#include <utility>

#include "app/cost_ledger.h"
#include "app/metrics.h"

namespace sidecar {

namespace {

using Account = CostView::Account;

double dollars(uint64_t nano_dollars) {
  return static_cast<double>(nano_dollars) / 1e9;
}

/// Of providers that are there; one that is gone still counts in the sums.
void by_account(CostLedger& ledger, Metrics& metrics, Metric metric,
                std::function<void(Samples& out, const Account& account)> show) {
  metrics.set(metric, [&ledger, show = std::move(show)](Samples& out) {
    for (const Account& account : ledger.view().accounts) {
      if (account.is_configured) {
        out.within({account.chain, account.provider});
        show(out, account);
      }
    }
  });
}

void show_spent(CostLedger& ledger, Metrics& metrics) {
  by_account(ledger, metrics, Metric::kSpentUnits, [](Samples& out, const Account& account) {
    switch (account.unit) {
      case BudgetUnit::kRequests:
        out.add({"requests"}, account.total.requests);
        return;
      case BudgetUnit::kCredits:
        out.add({"credits"}, account.total.credits);
        return;
    }
  });
  by_account(ledger, metrics, Metric::kSpentDollars, [](Samples& out, const Account& account) {
    out.add({}, dollars(account.total.nano_dollars));
  });
  by_account(ledger, metrics, Metric::kQuotaLeftRatio, [](Samples& out, const Account& account) {
    if (account.quota.value_or(0) > 0 && account.quota_left) {
      out.add({}, static_cast<double>(*account.quota_left) / static_cast<double>(*account.quota));
    }
  });
  metrics.set(Metric::kWorkerSpentDollars, [&ledger](Samples& out) {
    for (const CostView::Worker& worker : ledger.view().workers) {
      out.add({worker.name}, dollars(worker.total.nano_dollars));
    }
  });
  metrics.set(Metric::kClassSpentDollars, [&ledger](Samples& out) {
    for (const CostView::Class& one : ledger.view().classes) {
      out.add({one.chain, one.name}, dollars(one.total.nano_dollars));
    }
  });
}

void show_rates(CostLedger& ledger, Metrics& metrics) {
  const auto show = [&](Metric metric, uint64_t (*figure)(const CostView& view)) {
    metrics.set(metric,
                [&ledger, figure](Samples& out) { out.add({}, dollars(figure(ledger.view()))); });
  };
  show(Metric::kSpendPerHour, [](const CostView& view) { return view.per_hour(); });
  show(Metric::kSpendMonth, [](const CostView& view) { return view.month; });
  show(Metric::kSpendMonthProjected, [](const CostView& view) { return view.month_projected; });
  show(Metric::kSpendPlanMonth, [](const CostView& view) { return view.month_planned; });
}

}  // namespace

void show_cost(CostLedger& ledger, Metrics& metrics) {
  show_spent(ledger, metrics);
  show_rates(ledger, metrics);
  metrics.set(Metric::kSavedDollars, [&ledger](Samples& out) {
    const CostView view = ledger.view();
    out.add({"feeds"}, dollars(view.saved_by_feeds));
    out.add({"flights"}, dollars(view.saved_by_flights));
    out.add({"cache"}, dollars(view.saved_by_cache));
  });
}

}  // namespace sidecar

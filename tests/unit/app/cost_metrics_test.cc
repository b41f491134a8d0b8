#include "app/cost_metrics.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "app/cost_ledger.h"
#include "app/metrics.h"
#include "tests/support/house.h"

namespace sidecar::testing {

namespace {

/// `own` costs nothing, `paid` $400 for a billion credits, of which it has 1,000 a month. Planned
/// are 10 dollars a month.
struct Books {
  Books() {
    EndpointSeed paid = HouseOptions::seed("paid", 2);
    paid.terms.unit = BudgetUnit::kCredits;
    paid.terms.vendor = Vendor::kAlchemy;
    paid.terms.price = 400;
    paid.terms.budget.per_month = 1'000;
    HouseOptions options;
    pools.push_back(std::make_unique<Pool>(
        ChainInfo{1, "ethereum", Family::kEvm, 0}, options.pool, options.health,
        std::vector<EndpointSeed>{HouseOptions::seed("own"), paid}, time, observer, 1));
    ledger = std::make_unique<CostLedger>(time, pools, workers, 10);
    show_cost(*ledger, metrics);
  }

  void attempt(size_t endpoint, std::string_view method, WorkerNumber worker = 0) {
    AttemptReport report;
    report.endpoint = pools[0]->name_of(endpoint);
    report.method = method;
    report.outcome = Outcome::kResult;
    report.worker = worker;
    report.units = pools[0]->cost_of(endpoint, method);
    ledger->on_attempt_done(report);
  }

  std::string lines(Metric metric) const {
    std::string head;
    append_metric_head(metric_row(metric), head);
    const std::string text = metrics.text();
    std::string found = text.substr(text.find(head) + head.size());
    return found.substr(0, found.find("# HELP"));
  }

  FakeTime time;
  FakeObserver observer;
  WorkerTable workers;
  std::vector<std::unique_ptr<Pool>> pools;
  std::unique_ptr<CostLedger> ledger;
  Metrics metrics;
};

}  // namespace

TEST_CASE("show_cost: units and dollars by provider, class and worker") {
  Books books;
  books.attempt(1, "eth_call", books.workers.number_of("alice"));  // 26 credits
  books.attempt(1, "eth_getLogs");                                 // 60
  books.attempt(0, "eth_call");

  CHECK(books.lines(Metric::kSpentUnits) ==
        "rpc_sidecar_spent_units_total{chain=\"ethereum\",provider=\"own\",unit=\"requests\"} 1\n"
        "rpc_sidecar_spent_units_total{chain=\"ethereum\",provider=\"paid\",unit=\"credits\"} "
        "86\n");
  CHECK(books.lines(Metric::kSpentDollars) ==
        "rpc_sidecar_spent_dollars_total{chain=\"ethereum\",provider=\"own\"} 0\n"
        "rpc_sidecar_spent_dollars_total{chain=\"ethereum\",provider=\"paid\"} 3.44e-05\n");
  CHECK(books.lines(Metric::kClassSpentDollars) ==
        "rpc_sidecar_class_spent_dollars_total{chain=\"ethereum\",class=\"light\"} 1.04e-05\n"
        "rpc_sidecar_class_spent_dollars_total{chain=\"ethereum\",class=\"heavy\"} 2.4e-05\n");
  const std::string workers = books.lines(Metric::kWorkerSpentDollars);
  CHECK(workers.find("{worker=\"alice\"} 1.04e-05\n") != workers.npos);
  CHECK(workers.find("{worker=\"sidecar\"} 2.4e-05\n") != workers.npos);
}

TEST_CASE("show_cost: rate, month, plan and what feeds saved") {
  Books books;
  books.attempt(1, "eth_call");
  books.ledger->on_event_received({books.pools[0]->name_of(1), "heads", 10, 100});
  books.ledger->on_feed_event("ethereum", EventKind::kLive, 3);
  const CostView view = books.ledger->view();

  CHECK(books.lines(Metric::kSpendMonth) == "rpc_sidecar_spend_month_dollars 1.44e-05\n");
  CHECK(books.lines(Metric::kSpendPlanMonth) == "rpc_sidecar_spend_plan_month_dollars 10\n");
  CHECK(view.saved_by_feeds == 2 * 10 * 400);
  CHECK(books.lines(Metric::kSavedDollars) ==
        "rpc_sidecar_saved_dollars_total{how=\"feeds\"} 8e-06\n"
        "rpc_sidecar_saved_dollars_total{how=\"flights\"} 0\n"
        "rpc_sidecar_saved_dollars_total{how=\"cache\"} 0\n");
  CHECK(books.lines(Metric::kSpendPerHour).starts_with("rpc_sidecar_spend_dollars_per_hour "));
  CHECK(books.lines(Metric::kSpendMonthProjected) !=
        "rpc_sidecar_spend_month_projected_dollars 0\n");
}

TEST_CASE("show_cost: the quota that is left, where there is one") {
  const Books books;

  CHECK(books.lines(Metric::kQuotaLeftRatio) ==
        "rpc_sidecar_quota_left_ratio{chain=\"ethereum\",provider=\"paid\"} 1\n");
}

TEST_CASE("show_cost: classes are those that the table of metrics knows") {
  Books books;
  for (const std::string_view method : {"eth_call", "eth_getLogs", "eth_sendRawTransaction"}) {
    books.attempt(1, method);
  }
  books.ledger->on_event_received({books.pools[0]->name_of(1), "heads", 10, 100});
  const std::string lines = books.lines(Metric::kClassSpentDollars);

  for (const std::string_view name : label_values(Label::kMethodClass)) {
    CAPTURE(name);
    CHECK(lines.find("class=\"" + std::string(name) + "\"") != lines.npos);
  }
}

}  // namespace sidecar::testing

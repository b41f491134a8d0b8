#include "app/cost_ledger.h"

#include <doctest/doctest.h>

#include "tests/support/house.h"

namespace sidecar::testing {

namespace {

/// Two providers of chain "ethereum": `own` costs nothing, `paid` $400 for a billion credits.
struct Books {
  explicit Books(Millis unix_start = Millis(1'795'262'400'000), bool has_paid = true) {
    time.unix_at_start = unix_start;
    std::vector<EndpointSeed> seeds = {HouseOptions::seed("own")};
    if (has_paid) {
      EndpointSeed paid = HouseOptions::seed("paid", 2);
      paid.terms.unit = BudgetUnit::kCredits;
      paid.terms.vendor = Vendor::kAlchemy;
      paid.terms.price = 400;
      paid.terms.budget.per_month = 1'000;
      seeds.push_back(paid);
    }
    HouseOptions options;
    pools.push_back(std::make_unique<Pool>(ChainInfo{1, "ethereum", Family::kEvm, 0}, options.pool,
                                           options.health, seeds, time, observer, 1));
    ledger = std::make_unique<CostLedger>(time, pools, workers, 10);
  }

  void attempt(size_t endpoint, std::string_view method, WorkerNumber worker = 0,
               std::optional<Outcome> outcome = Outcome::kResult) {
    AttemptReport report;
    report.endpoint = pools[0]->name_of(endpoint);
    report.method = method;
    report.outcome = outcome;
    report.worker = worker;
    report.units = pools[0]->cost_of(endpoint, method);
    ledger->on_attempt_done(report);
  }
  void event(size_t endpoint, uint64_t units, size_t subscriber_count) {
    ledger->on_event_received({pools[0]->name_of(endpoint), "heads", units, 100});
    ledger->on_feed_event("ethereum", EventKind::kLive, subscriber_count);
  }
  CostView::Account account(std::string_view provider) {
    for (const CostView::Account& one : ledger->view().accounts) {
      if (one.provider == provider) {
        return one;
      }
    }
    FAIL("no account of " << provider);
    return {};
  }
  uint64_t worker(std::string_view name) {
    for (const CostView::Worker& one : ledger->view().workers) {
      if (one.name == name) {
        return one.total.nano_dollars;
      }
    }
    return 0;
  }

  FakeTime time;
  FakeObserver observer;
  WorkerTable workers;
  std::vector<std::unique_ptr<Pool>> pools;
  std::unique_ptr<CostLedger> ledger;
};

}  // namespace

TEST_CASE("CostLedger: an attempt is booked on its provider, class and worker") {
  Books books;
  const WorkerNumber alice = books.workers.number_of("alice");

  books.attempt(1, "eth_call", alice);  // 26 credits
  books.attempt(1, "eth_getLogs");      // 60, and heavy
  books.attempt(0, "eth_call", alice);

  CHECK(books.account("paid").total == Spent{86 * 400, 0, 86});
  CHECK(books.account("own").total == Spent{0, 1, 0});
  CHECK(books.worker("alice") == 26 * 400);
  CHECK(books.worker("sidecar") == 60 * 400);
  const CostView view = books.ledger->view();
  REQUIRE(view.classes.size() == 2);
  CHECK(view.classes[0].name == "light");
  CHECK(view.classes[0].total == Spent{26 * 400, 1, 26});
  CHECK(view.classes[1].name == "heavy");
  CHECK(view.total == Spent{86 * 400, 1, 86});
}

TEST_CASE("CostLedger: what never reached the provider costs nothing, what was cut short does") {
  Books books;

  books.attempt(1, "eth_call", 0, Outcome::kConnect);
  books.attempt(1, "eth_call", 0, Outcome::kRateLimited);
  CHECK(books.account("paid").total.is_nothing());
  books.attempt(1, "eth_call", 0, std::nullopt);

  CHECK(books.account("paid").total.credits == 26);
}

TEST_CASE("CostLedger: rates, month, projection and plan are told together") {
  Books books;  // the 21st of November, noon

  books.attempt(1, "eth_call");
  books.time.advance(std::chrono::seconds(30));
  CostView view = books.ledger->view();
  CHECK(view.last_minute == 10'400);
  CHECK(view.per_hour() == 60 * 10'400);
  books.time.advance(std::chrono::hours(1));
  view = books.ledger->view();

  CHECK(view.last_hour == 0);
  CHECK(view.month == 10'400);
  CHECK(view.month_planned == 10'000'000'000);
  // Counted for an hour and half a minute; nine and a half days but that are left.
  CHECK(view.month_projected == 10'400 + uint64_t{10'400} * (228 * 3'600 - 3'630) / 3'630);
}

TEST_CASE("CostLedger: the quota left is the month's bound less what was spent on it") {
  Books books;

  books.pools[0]->on_started(1, "eth_call");

  CHECK(books.account("paid").quota == 1'000u);
  CHECK(books.account("paid").quota_left == 974u);
  CHECK(books.account("own").quota == std::nullopt);
}

TEST_CASE("CostLedger: an event told to five saves four, one told to nobody or one saves none") {
  Books books;

  books.event(1, 40, 5);
  books.event(1, 40, 1);
  books.event(1, 40, 0);
  books.event(0, 0, 9);

  const CostView view = books.ledger->view();
  CHECK(view.saved_by_feeds == 4 * 40 * 400);
  CHECK(view.classes[0].name == "events");
  CHECK(view.total.nano_dollars == 3 * 40 * 400);
  CHECK(view.workers[0].name == "sidecar");
}

TEST_CASE("CostLedger: a restart keeps every counter exactly, by name") {
  Books before;
  before.workers.number_of("first");
  before.attempt(1, "eth_call", before.workers.number_of("alice"));
  before.event(1, 40, 3);
  const LedgerMemory memory = before.ledger->memory();

  Books after;
  after.ledger->restore(memory);

  const CostView view = after.ledger->view();
  CHECK(after.account("paid").total == Spent{66 * 400, 0, 66});
  CHECK(after.account("paid").month == Spent{66 * 400, 0, 66});
  CHECK(after.worker("alice") == 26 * 400);
  CHECK(view.saved_by_feeds == 2 * 40 * 400);
  CHECK(view.total == Spent{66 * 400, 0, 66});
  CHECK(view.classes.size() == 2);
  CHECK(view.last_minute == 0);
}

TEST_CASE("CostLedger: a provider that is gone counts until its month is over") {
  Books before;
  before.attempt(1, "eth_call");
  const LedgerMemory memory = before.ledger->memory();

  Books after(before.time.unix_at_start, /*has_paid=*/false);
  after.ledger->restore(memory);
  CHECK_FALSE(after.account("paid").is_configured);
  CHECK(after.account("paid").unit == BudgetUnit::kCredits);
  CHECK(after.ledger->view().month == 10'400);
  REQUIRE(after.ledger->memory().accounts.size() == 1);
  after.time.advance(std::chrono::hours(10 * 24));

  CHECK(after.ledger->view().month == 0);
  CHECK(after.ledger->view().accounts.size() == 1);
  CHECK(after.ledger->memory().accounts.empty());
  CHECK(after.ledger->view().total.nano_dollars == 10'400);
}

TEST_CASE("CostLedger: only the dearest workers are kept by name over a restart") {
  LedgerMemory memory;
  for (size_t i = 0; i <= CostLedger::kKeptWorkersMax; ++i) {
    memory.workers.push_back({"worker" + std::to_string(i), Spent{1 + i, 1, 0}});
  }
  Books books;

  books.ledger->restore(memory);

  CHECK(books.worker("worker0") == 0);
  CHECK(books.worker("worker1") == 2);
  CHECK(books.worker("other") == 1);
}

TEST_CASE("CostLedger: no more accounts of providers that are gone than it takes") {
  LedgerMemory memory;
  for (size_t i = 0; i < 2 * CostLedger::kGoneMax; ++i) {
    MonthMemory month;
    month.spent = {1, 1, 0};
    month.ends = Millis(1'796'083'200'000);  // December
    memory.accounts.push_back({"gone", "p" + std::to_string(i), false, {1, 1, 0}, month});
  }
  Books books;

  books.ledger->restore(memory);

  CHECK(books.ledger->view().accounts.size() == 2 + CostLedger::kGoneMax);
}

}  // namespace sidecar::testing

#include "tests/sim/sim_checks.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/house.h"

// That the simulation's invariants can break: each is told what a wrong core would do.
namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

/// One chain of one account with two doors, as the checks see it; nothing of the core runs.
struct Checked {
  explicit Checked(SimSetup the_setup = plain())
      : setup(std::move(the_setup)), checks(time, trace, setup, calls) {
    checks.set_dispatcher(house.dispatcher);
  }
  static SimSetup plain() {
    SimSetup setup;
    SimPoolSetup pool;
    pool.chain.family = Family::kEvm;
    pool.chain.chain_id = 1;
    setup.pools.push_back(pool);
    for (size_t i = 0; i < 2; ++i) {
      SimEndpointSetup endpoint;
      endpoint.seed.provider = "p" + std::to_string(i);
      setup.endpoints.push_back(endpoint);
    }
    setup.dispatcher.retry.budget_min = 1;
    setup.dispatcher.retry.budget_percent = 0;
    return setup;
  }

  SimCall& call(std::string method, SimCall::Class method_class = SimCall::Class::kSafe) {
    SimCall& call = calls.add();
    call.method = std::move(method);
    call.method_class = method_class;
    call.deadline = time.now() + 1s;
    return call;
  }
  /// `call` 0: a probe.
  AttemptId start(size_t endpoint, std::string_view method, uint64_t call = 0) {
    checks.on_attempt_started(endpoint, ++last_attempt, {method, "[]", call});
    return last_attempt;
  }
  void tell_head(size_t endpoint, uint64_t head) {
    SimAnswer answer;
    answer.tip = head;
    checks.on_attempt_ended(start(endpoint, "eth_blockNumber"), answer);
  }
  void tell_chain(size_t endpoint, bool is_right) {
    SimAnswer answer;
    answer.identity = is_right;
    checks.on_attempt_ended(start(endpoint, "eth_chainId"), answer);
  }
  void answer(SimCall& call, std::string_view body, Reply::Kind kind = Reply::Kind::kResult) {
    checks.on_answered(&call, {kind, body});
    calls.close(call, SimCall::State::kAnswered);
  }
  bool is_broken(int invariant) const {
    const std::string begin = "invariant " + std::to_string(invariant) + ",";
    return trace.broken_count() == 1 && trace.broken_list()[0].find(begin) == 0;
  }

  SimTime time{Millis(0)};
  SimTrace trace{time, nullptr};
  SimSetup setup;
  SimCalls calls;
  House house;  ///< its dispatcher has nothing under way
  SimChecks checks;
  AttemptId last_attempt = 0;
};

}  // namespace

TEST_CASE("SimChecks: what a right core does breaks nothing") {
  Checked checked;
  checked.tell_chain(0, true);
  checked.tell_head(0, 100);
  SimCall& call = checked.call("eth_blockNumber");
  call.is_head_told = true;

  checked.checks.on_attempt_ended(checked.start(0, "eth_blockNumber", call.number), {});
  checked.answer(call, "\"0x64\"");

  CHECK(checked.trace.broken_count() == 0);
}

TEST_CASE("SimChecks: 1 a call is answered twice, late, or after its cancel") {
  Checked twice;
  SimCall& first = twice.call("eth_call");
  twice.answer(first, "1");
  twice.checks.on_answered(&first, {});
  CHECK(twice.is_broken(1));

  Checked late;
  SimCall& second = late.call("eth_call");
  (void)late.time.step(late.time.now() + 1002ms);
  late.answer(second, "1");
  CHECK(late.is_broken(1));

  Checked cancelled;
  SimCall& third = cancelled.call("eth_call");
  cancelled.calls.close(third, SimCall::State::kCancelled);
  cancelled.checks.on_answered(&third, {});
  CHECK(cancelled.is_broken(1));
}

TEST_CASE("SimChecks: 2 an unsafe call is sent again after it may have been sent") {
  for (const Sent sent : {Sent::kNo, Sent::kMaybe, Sent::kYes}) {
    Checked checked;
    const SimCall& call = checked.call("eth_sendTransaction", SimCall::Class::kUnsafe);
    checked.checks.on_attempt_cancelled(checked.start(0, call.method, call.number), sent);

    checked.start(1, call.method, call.number);

    CHECK(checked.is_broken(2) == (sent != Sent::kNo));
  }
}

TEST_CASE("SimChecks: 3 more is spent than a second, ten seconds or a day allow") {
  for (int bound = 0; bound < 3; ++bound) {
    SimSetup setup = Checked::plain();
    BudgetOptions& budget = setup.endpoints[0].seed.terms.budget;
    budget.per_second = bound == 0 ? 2 : 0;
    budget.per_10s = bound == 1 ? 3 : 0;
    budget.per_day = bound == 2 ? 3 : 0;
    Checked checked(setup);

    for (int i = 0; i < 3; ++i) {
      checked.start(0, "eth_syncing");
    }
    CHECK(checked.trace.broken_count() == 0);
    checked.start(0, "eth_syncing");

    CHECK(checked.is_broken(3));
  }
}

TEST_CASE("SimChecks: 4 more retries and hedges are under way than the budget has") {
  Checked checked;
  for (int i = 0; i < 2; ++i) {
    CHECK(checked.trace.broken_count() == 0);
    const uint64_t number = checked.call("eth_call").number;
    checked.checks.on_attempt_cancelled(checked.start(0, "eth_call", number), Sent::kMaybe);
    checked.start(1, "eth_call", number);
  }

  CHECK(checked.is_broken(4));
}

TEST_CASE("SimChecks: 6 a call goes to who told another chain or refused our key") {
  Checked wrong;
  wrong.tell_chain(0, false);
  wrong.start(0, "eth_call", wrong.call("eth_call").number);
  CHECK(wrong.is_broken(6));

  Checked refusing;
  SimAnswer refusal;
  refusal.is_refusal = true;
  refusing.checks.on_attempt_ended(refusing.start(0, "eth_syncing"), refusal);
  refusing.start(0, "eth_call", refusing.call("eth_call").number);
  CHECK(refusing.is_broken(6));
}

TEST_CASE("SimChecks: 7 a worker is told a lower head while somebody has the higher one") {
  Checked checked;
  checked.tell_chain(0, true);
  checked.tell_head(0, 100);
  for (const std::string_view head : {"\"0x64\"", "\"0x63\""}) {
    CHECK(checked.trace.broken_count() == 0);
    SimCall& call = checked.call("eth_blockNumber");
    call.is_head_told = true;
    checked.answer(call, head);
  }

  CHECK(checked.is_broken(7));
}

TEST_CASE("SimChecks: 8 an attempt ends that is not under way") {
  Checked checked;
  const AttemptId attempt = checked.start(0, "eth_syncing");
  checked.checks.on_attempt_cancelled(attempt, Sent::kNo);

  checked.checks.on_attempt_ended(attempt, {});

  CHECK(checked.is_broken(8));
}

TEST_CASE("SimChecks: 9 a plain call that fails is counted") {
  Checked checked;
  SimCall& call = checked.call("eth_call");
  call.is_plain = true;

  checked.answer(call, "{}", Reply::Kind::kError);

  CHECK(checked.checks.plain_count() == 1);
  CHECK(checked.checks.plain_failed_count() == 1);
}

TEST_CASE("SimChecks: 12 a call gets the result of another") {
  Checked checked;
  SimCall& call = checked.call("eth_call");
  call.expected = sim_value(call.number);

  checked.answer(call, sim_value(call.number + 1));

  CHECK(checked.is_broken(12));
}

}  // namespace sidecar::testing

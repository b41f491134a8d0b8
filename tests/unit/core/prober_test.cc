#include "core/prober.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/support/house.h"

namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

/// Two endpoints that a prober asks; each question asked is answered by the test.
struct Probed {
  explicit Probed(HouseOptions options = probing())
      : house(options), prober(options.health.probe, house.time, {&house.ethereum}, 1) {
    prober.start();
    house.time.advance(0ms);
  }
  static HouseOptions probing() {
    HouseOptions options;
    options.health.probe.is_on = true;
    return options;
  }

  std::string asked(size_t index) const {
    const std::string& tail = house.channels[index].started.back().tail;
    return tail.substr(10, tail.find('"', 10) - 10);
  }
  /// Answers what a healthy node of chain 1 at `head` would, until the round is over.
  void answer_round(size_t index, uint64_t head = 100) {
    size_t answered = 0;
    while (answered != house.started(index)) {
      answered = house.started(index);
      const std::string method = asked(index);
      std::string result = "false";
      if (method == "eth_chainId") {
        result = "\"0x1\"";
      } else if (method == "eth_blockNumber") {
        result = '"' + std::to_string(0) + 'x' + hex(head) + '"';
      } else if (method == "eth_getBlockByNumber") {
        result = "null";
      }
      house.channel(index).end(Outcome::kResult, result);
    }
  }
  static std::string hex(uint64_t number) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    do {
      text.insert(text.begin(), kDigits[number % 16]);
      number /= 16;
    } while (number != 0);
    return text;
  }

  /// Lets time pass in steps until one more question was asked.
  bool wait_for_question(size_t index, Nanos at_most) {
    const size_t before = house.started(index);
    for (Nanos passed{0}; passed < at_most && house.started(index) == before; passed += 1s) {
      house.time.advance(1s);
    }
    return house.started(index) == before + 1;
  }

  HealthState state(size_t index) const { return house.ethereum.endpoint(index).health.state(); }

  House house;
  Prober prober;
};

}  // namespace

TEST_CASE("Prober: a round asks for the chain, the head and whether the node syncs") {
  Probed probed;

  CHECK(probed.asked(0) == "eth_chainId");
  probed.house.channel(0).end(Outcome::kResult, "\"0x1\"");
  CHECK(probed.asked(0) == "eth_blockNumber");
  probed.house.channel(0).end(Outcome::kResult, "\"0x64\"");
  CHECK(probed.asked(0) == "eth_syncing");
  probed.house.channel(0).end(Outcome::kResult, "false");

  CHECK(probed.state(0) == HealthState::kHealthy);
  CHECK(probed.house.ethereum.heads().view(0, probed.house.time.now()).number == 100u);
}

TEST_CASE("Prober: the chain is asked for again only on a new connection") {
  Probed probed;
  probed.answer_round(0);
  const size_t first = probed.house.started(0);

  probed.house.time.advance(6s);
  CHECK(probed.house.started(0) > first);
  CHECK(probed.house.channel(0).started[first].tail.find("eth_blockNumber") != std::string::npos);
  probed.answer_round(0);
  probed.house.channel(0).connections = 2;
  probed.house.time.advance(6s);

  CHECK(probed.asked(0) == "eth_chainId");
}

TEST_CASE("Prober: F04 a wrong chain after a reconnect quarantines, the right one releases") {
  Probed probed;
  probed.answer_round(0);
  probed.house.channel(0).connections = 2;
  probed.house.time.advance(6s);
  probed.house.channel(0).end(Outcome::kResult, "\"0x5\"");
  CHECK(probed.state(0) == HealthState::kQuarantined);
  probed.answer_round(0);

  probed.house.time.advance(6s);
  probed.answer_round(0);

  CHECK(probed.state(0) == HealthState::kHealthy);
}

TEST_CASE("Prober: F04 what comes back after failures is asked for its chain before it is used") {
  HouseOptions options = Probed::probing();
  options.health.breaker.failures_max = 1;
  Probed probed(options);
  probed.answer_round(0);
  probed.house.time.advance(6s);
  probed.house.channel(0).end(Outcome::kConnect, "", Sent::kNo);
  REQUIRE(probed.state(0) == HealthState::kDown);

  REQUIRE(probed.wait_for_question(0, 2min));
  CHECK(probed.asked(0) == "eth_chainId");
  probed.house.channel(0).end(Outcome::kResult, "\"0x5\"");

  CHECK(probed.state(0) == HealthState::kQuarantined);
}

TEST_CASE("Prober: F04 a probe that has to connect anew asks for the chain as well") {
  Probed probed;
  probed.answer_round(0);
  REQUIRE(probed.wait_for_question(0, 6s));
  REQUIRE(probed.asked(0) == "eth_blockNumber");

  probed.house.channel(0).connections = 2;
  probed.house.channel(0).end(Outcome::kResult, "\"0x64\"");

  CHECK(probed.asked(0) == "eth_chainId");
  probed.house.channel(0).end(Outcome::kResult, "\"0x5\"");
  CHECK(probed.state(0) == HealthState::kQuarantined);
}

TEST_CASE("Prober: a dead provider is out of the healthy within 10 s, without any traffic") {
  Probed probed;
  probed.answer_round(0);
  probed.answer_round(1);

  probed.house.time.advance(10s);

  CHECK(probed.state(0) != HealthState::kHealthy);
  CHECK(probed.state(1) != HealthState::kHealthy);
}

TEST_CASE("Prober: a breaker that opened gets its trial from a probe, and closes by itself") {
  HouseOptions options = Probed::probing();
  options.health.breaker.failures_max = 1;
  Probed probed(options);
  probed.answer_round(0);
  probed.house.time.advance(6s);
  probed.house.channel(0).end(Outcome::kConnect, "", Sent::kNo);
  REQUIRE(probed.state(0) == HealthState::kDown);
  const size_t asked_before = probed.house.started(0);

  probed.house.time.advance(50s);
  CHECK(probed.house.started(0) == asked_before);
  REQUIRE(probed.wait_for_question(0, 15s));
  probed.answer_round(0);

  CHECK(probed.state(0) == HealthState::kHealthy);
}

TEST_CASE("Prober: F21 a head that stands still while the other's moves is out of rotation") {
  HouseOptions options = Probed::probing();
  options.pool.head.block_time = 2s;
  options.pool.head.lag_blocks_max = 1'000;
  options.pool.head.lag_time_max = 1h;
  Probed probed(options);

  for (uint64_t head = 100; head < 108; ++head) {
    probed.answer_round(0, 100);
    probed.answer_round(1, head);
    probed.house.time.advance(6s);
  }

  CHECK(probed.state(0) == HealthState::kDegraded);
  CHECK(probed.house.ethereum.endpoint(0).health.reason() == HealthEvent::kHeadStuck);
  CHECK(probed.state(1) == HealthState::kHealthy);
}

TEST_CASE("Prober: a provider that refuses our key is probed slowly, and back when it takes it") {
  Probed probed;
  probed.answer_round(0);
  probed.house.time.advance(6s);
  probed.house.channel(0).end(Outcome::kHttpStatus, "", Sent::kYes, 401);
  REQUIRE(probed.state(0) == HealthState::kDisabled);
  const size_t asked_before = probed.house.started(0);

  probed.house.time.advance(4min);
  CHECK(probed.house.started(0) == asked_before);
  REQUIRE(probed.wait_for_question(0, 2min));
  probed.answer_round(0);

  CHECK(probed.state(0) == HealthState::kHealthy);
}

TEST_CASE("Prober: live traffic that tells the head stands in for probes, but not for ever") {
  Probed probed;
  probed.answer_round(0);
  const size_t asked_before = probed.house.started(0);

  for (int i = 0; i < 4 * 5; ++i) {
    AttemptEnd end;
    probed.house.ethereum.on_started(0, "eth_blockNumber");
    end.method = "eth_blockNumber";
    probed.house.ethereum.on_ended(0, end);
    probed.house.ethereum.on_head(0, 101, "", true);
    probed.house.time.advance(1s);
  }
  CHECK(probed.house.started(0) == asked_before);
  for (int i = 0; i < 10; ++i) {
    probed.house.ethereum.on_head(0, 101, "", true);
    probed.house.time.advance(1s);
  }

  CHECK(probed.house.started(0) > asked_before);
}

TEST_CASE("Prober: what it asks counts against the provider's budget") {
  HouseOptions options = Probed::probing();
  options.endpoints[0].terms.budget.per_day = 3;
  Probed probed(options);
  probed.answer_round(0);

  probed.house.time.advance(60s);

  CHECK(probed.house.started(0) == 3);
  CHECK(probed.house.ethereum.provider_of(0).units_spent == 3);
}

// Found by the simulation: a node on a fork was asked for its chain for ever, and never for a
// block.
TEST_CASE("Prober: a budget of one question a round gets to all of them in turn") {
  HouseOptions options = Probed::probing();
  options.endpoints[0].terms.budget.per_second = 1;
  Probed probed(options);
  std::string asked;

  for (int i = 0; i < 12; ++i) {
    probed.answer_round(1, 200);
    asked += probed.asked(0) + ' ';
    probed.answer_round(0, 200);
    probed.house.time.advance(6s);
  }

  CHECK(asked.find("eth_chainId eth_blockNumber ") == 0);
  CHECK(asked.find("eth_syncing") != std::string::npos);
  CHECK(asked.find("eth_getBlockByNumber") != std::string::npos);
}

}  // namespace sidecar::testing

#include "mock/mock_faults.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "rpc/json_value.h"

namespace sidecar::testing {

namespace {

constexpr MockMoment kMoment{Millis(1'700'000'100'000), 1'000};
const std::vector<std::string> kMethods{"eth_call"};

MockFaults with(std::string_view faults, uint64_t seed = 1) {
  MockFaults set(seed, true);
  const Status applied = set.add(faults, kMoment);
  REQUIRE_MESSAGE(applied.ok(), (applied.ok() ? "" : applied.error().detail));
  return set;
}

std::string refusal(MockFaults& set, std::string_view control) {
  const Status applied = set.apply(control, kMoment);
  return applied.ok() ? "" : applied.error().detail;
}

uint64_t count_of(const MockFaults& set, std::string_view kind) {
  return (*JsonValue::parse(set.counts_json()))[kind].as_uint64().value_or(0);
}

}  // namespace

TEST_CASE("MockFaults: a set is replaced, added to and cleared") {
  MockFaults set(1, true);
  CHECK(set.is_empty());
  CHECK(set.json() == "{\"faults\":[],\"strikes\":[]}\n");

  CHECK(refusal(set, R"({"faults":[{"kind":"lag","blocks":2},{"kind":"wrong_id"}]})").empty());
  CHECK(refusal(set, R"({"add":[{"kind":"refuse"}],"clear":["lag","refuse"]})").empty());

  CHECK(set.is_refusing());
  CHECK(set.json() ==
        "{\"faults\":[{\"kind\":\"wrong_id\"},{\"kind\":\"refuse\"}],\"strikes\":[0,0]}\n");
  CHECK(refusal(set, R"({"faults":[]})").empty());
  CHECK(set.is_empty());
  CHECK(count_of(set, "refuse") == 1);
}

TEST_CASE("MockFaults: wrong control changes nothing") {
  MockFaults set = with(R"([{"kind":"stuck"},{"kind":"refuse"}])");
  const std::string before = set.json();
  MockFaults unreachable(1, false);

  CHECK(refusal(set, "{") == "want a JSON object with faults, or with add and clear");
  CHECK(refusal(set, "{}") == "want a JSON object with faults, or with add and clear");
  CHECK(refusal(set, R"({"fault":[]})") == "fault: no such key; there are faults, add, clear");
  CHECK(refusal(set, R"({"faults":{}})").starts_with("faults: want a list"));
  CHECK(refusal(set, R"({"faults":[],"clear":[]})").starts_with("faults: is the whole set"));
  CHECK(refusal(set, R"({"clear":["stuck","lagg"]})") == "clear: want kinds of faults");
  CHECK(refusal(set, R"({"clear":"stuck"})") == "clear: want a list of kinds");
  CHECK(refusal(set, R"({"clear":["stuck"],"add":[{"kind":"stuck"},{"kind":"x"}]})")
            .starts_with("add[1].kind: want one of"));
  CHECK(refusal(unreachable, R"({"faults":[{"kind":"refuse"}]})")
            .starts_with("faults[0].kind: refuse needs a control port"));

  CHECK(set.json() == before);
}

TEST_CASE("MockFaults: no more than 64 at a time") {
  MockFaults set(1, true);
  for (size_t i = 0; i < MockFaults::kFaultsMax; ++i) {
    REQUIRE(refusal(set, R"({"add":[{"kind":"garbage"}]})").empty());
  }
  CHECK(refusal(set, R"({"add":[{"kind":"garbage"}]})") ==
        "add: that would be more than 64 faults");
}

TEST_CASE("MockFaults: a count heals by itself, a rate strikes its share, the same for one seed") {
  MockFaults counted = with(R"({"kind":"wrong_id","count":2})");
  CHECK(counted.draw_call("eth_call").has_wrong_id);
  CHECK(counted.draw_call("eth_call").has_wrong_id);
  CHECK_FALSE(counted.draw_call("eth_call").has_wrong_id);
  CHECK(counted.is_empty());
  CHECK(count_of(counted, "wrong_id") == 2);

  const auto struck = [](uint64_t seed) {
    MockFaults set = with(R"({"kind":"wrong_id","rate":0.25})", seed);
    std::vector<bool> drawn;
    for (int i = 0; i < 1'000; ++i) {
      drawn.push_back(set.draw_call("eth_call").has_wrong_id);
    }
    return drawn;
  };
  const std::vector<bool> first = struck(5);
  CHECK(std::count(first.begin(), first.end(), true) > 200);
  CHECK(std::count(first.begin(), first.end(), true) < 300);
  CHECK(struck(5) == first);
  CHECK(struck(6) != first);
  CHECK(std::count(first.begin(), first.end(), true) == 252);  // what seed 5 draws
}

TEST_CASE("MockFaults: an answer is struck when any of its calls is concerned") {
  MockFaults set = with(R"({"kind":"blackhole","methods":["eth_get*"]})");

  CHECK_FALSE(set.draw_answer({}).is_swallowed);
  CHECK_FALSE(set.draw_answer(kMethods).is_swallowed);
  CHECK(set.draw_answer(std::vector<std::string>{"eth_call", "eth_getLogs"}).is_swallowed);
  CHECK_FALSE(set.draw_call("eth_getLogs").has_wrong_id);
  CHECK(count_of(set, "blackhole") == 1);
}

TEST_CASE("MockFaults: faults of an answer come together where they can") {
  MockFaults set = with(R"([{"kind":"latency","min_ms":5},{"kind":"latency","min_ms":2,"max_ms":4},
    {"kind":"http_status","status":429,"retry_after":"7"},{"kind":"html"},{"kind":"garbage"},
    {"kind":"trickle","bytes":2,"every_ms":9},{"kind":"truncate","after_bytes":3},
    {"kind":"reset"}])");

  const AnswerFaults drawn = set.draw_answer(kMethods);

  CHECK(drawn.wait >= Millis(7));
  CHECK(drawn.wait <= Millis(9));
  REQUIRE(drawn.instead);
  CHECK(drawn.instead->status == 429);
  CHECK(drawn.instead->retry_after == "7");
  CHECK_FALSE(drawn.is_carried_out);
  CHECK_FALSE(drawn.is_garbage);
  CHECK(drawn.drop_bytes == 2);
  CHECK(drawn.drop_wait == Millis(9));
  CHECK(drawn.is_truncated);
  CHECK(drawn.after_bytes == 3);
  CHECK_FALSE(drawn.is_reset);
  CHECK(count_of(set, "html") == 0);
  CHECK(count_of(set, "garbage") == 0);
  CHECK(count_of(set, "reset") == 0);
  CHECK(count_of(set, "latency") == 2);
}

TEST_CASE("MockFaults: stuck and a fork by depth begin where the chain was") {
  MockFaults set = with(R"([{"kind":"stuck"},{"kind":"fork","depth":3,"branch":4},
    {"kind":"lag","blocks":2},{"kind":"lag","blocks":5},{"kind":"null_recent","blocks":6},
    {"kind":"rpc_error","code":1},{"kind":"rpc_error","code":2}])");

  const CallFaults drawn = set.draw_call("eth_call");

  CHECK(drawn.stuck_at == kMoment.now);
  REQUIRE(drawn.branch);
  CHECK(drawn.branch->from == 997);
  CHECK(drawn.branch->number == 4);
  CHECK(drawn.blocks_behind == 7);
  CHECK(drawn.null_blocks == 6);
  CHECK(drawn.error == R"({"code":1,"message":"injected error"})");
  CHECK(count_of(set, "rpc_error") == 1);
  CHECK(with(R"({"kind":"fork","depth":5000})").draw_call("x").branch->from == 0);
}

TEST_CASE("MockFaults: every nth head is missed, of heads alone unless it is said") {
  MockFaults set = with(R"({"kind":"missed_heads","every":3})");
  const auto missed = [&set](std::string_view kind) {
    std::string text;
    for (int i = 0; i < 7; ++i) {
      text += set.draw_event(kind).is_lost ? 'x' : '.';
    }
    return text;
  };

  CHECK(missed("newHeads") == "..x..x.");
  CHECK(missed("logs") == ".......");
  CHECK(count_of(set, "missed_heads") == 2);
  set = with(R"({"kind":"missed_heads","every":2,"methods":["logs"],"count":1})");
  CHECK(missed("newHeads") == ".......");
  CHECK(missed("logs") == ".x.....");
}

TEST_CASE("MockFaults: events come twice, change places or not at all") {
  MockFaults set = with(R"([{"kind":"duplicate","count":1},{"kind":"reorder","how":"swap",
    "methods":["slot"]},{"kind":"reorder","methods":["logs"]}])");

  CHECK(set.draw_event("newHeads").is_twice);
  CHECK_FALSE(set.draw_event("newHeads").is_twice);
  CHECK(set.draw_event("slot").is_swapped);
  CHECK_FALSE(set.draw_event("logs").is_swapped);
  CHECK(set.draw_shuffle("logs"));
  CHECK_FALSE(set.draw_shuffle("slot"));
  CHECK_FALSE(set.is_mute());
  set = with(R"({"kind":"ws_silent","answers":false})");
  CHECK(set.draw_event("logs").is_lost);
  CHECK(set.is_mute());
  CHECK_FALSE(with(R"({"kind":"ws_silent"})").is_mute());
}

TEST_CASE("MockFaults: a connection ends after so many events") {
  MockFaults set = with(R"({"kind":"ws_close","code":4001,"after_events":3,"count":1})");
  CHECK_FALSE(set.draw_end("logs", 2));
  const auto end = set.draw_end("logs", 3);
  REQUIRE(end);
  CHECK_FALSE(end->is_reset);
  CHECK(end->code == 4'001);
  CHECK_FALSE(set.draw_end("logs", 4));

  set = with(R"({"kind":"ws_reset"})");
  CHECK(set.draw_end("slot", 1)->is_reset);
}

TEST_CASE("MockFaults: subscriptions are refused, limited or answered late") {
  MockFaults set = with(R"([{"kind":"ws_unsupported","methods":["logs"]},{"kind":
    "subscription_limit","limit":2},{"kind":"late_subscribe","ms":40,"events_first":false}])");

  CHECK(set.draw_subscribe("logs", 0).is_unsupported);
  const SubscribeFaults fine = set.draw_subscribe("newHeads", 1);
  CHECK_FALSE(fine.is_unsupported);
  CHECK_FALSE(fine.limit);
  CHECK(fine.wait == Millis(40));
  CHECK_FALSE(fine.is_early);
  CHECK(set.draw_subscribe("newHeads", 2).limit == 2);
  CHECK(set.draw_refusal() == 0);
  set = with(R"({"kind":"ws_refuse","status":502,"count":1})");
  CHECK(set.draw_refusal() == 502);
  CHECK(set.draw_refusal() == 0);
}

TEST_CASE("MockFaults: feeds come from a node with the faults that strike every call") {
  const CallFaults found = with(R"([{"kind":"lag","blocks":2},{"kind":"lag","blocks":9,"rate":0.5},
    {"kind":"stuck"},{"kind":"fork","from":7,"branch":3},{"kind":"syncing","blocks":4,
    "methods":["eth_syncing"]}])")
                               .of_feeds();

  CHECK(found.blocks_behind == 2);
  CHECK(found.stuck_at == kMoment.now);
  REQUIRE(found.branch);
  CHECK(found.branch->from == 7);
  CHECK(found.syncing_blocks == 0);
}

TEST_CASE("MockFaults: those of WebSockets leave POSTs and calls alone") {
  MockFaults set = with(R"([{"kind":"ws_close"},{"kind":"ws_silent"},{"kind":"duplicate"},
    {"kind":"ws_unsupported"},{"kind":"ws_refuse"},{"kind":"late_subscribe","ms":5}])");

  set.draw_answer(kMethods);
  set.draw_call("eth_subscribe");

  CHECK(set.counts_json() == "{}");
}

}  // namespace sidecar::testing

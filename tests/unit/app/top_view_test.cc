#include "app/top_view.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {

namespace {

constexpr std::string_view kStatus = R"({"version":"0.1.0","uptime_ms":90000,"calls_in_flight":2,
"subscriptions":12,"feeds":1,"sessions":{"framed":3,"http":1},
"cost":{"dollars_per_hour":0.125,"month_projected_dollars":1234.5},
"feed_list":[{"chain":"ethereum","kind":"newHeads","subscribers":12,"events":345,
"provider":"own"}],
"recent":[{"of":"call","chain":"ethereum","from":"own","to":"paid","what":"eth_call",
"why":"timeout","count":3,"age_ms":12000}],
"chains":[{"name":"ethereum","head":100,"calls_last_minute":1300,"errors_last_minute":2,"endpoints":[
{"provider":"paid","transport":"http","tier":2,"state":"healthy","attempts_last_minute":250,
"failures_last_minute":0,"head":100,"lag_blocks":0,"breaker":"closed","trial_in_ms":0,
"budget_left":{"month":2500000},"latency_us":{"light":{"p50":250,"p95":1800,"p99":2500}}},
{"provider":"own","transport":"ipc","tier":1,"state":"down","reason":"breaker_opened",
"attempts_last_minute":750,"failures_last_minute":3,"head":90,"lag_blocks":10,"breaker":"open",
"trial_in_ms":59000,"budget_left":{},"latency_us":{}}]},
{"name":"solana","head":null,"endpoints":[]}]})";

std::string shown(TopOptions options = {}) {
  return top_text(*JsonValue::parse(kStatus), options);
}

bool comes_first(const std::string& text, std::string_view one, std::string_view other) {
  return text.find(one) < text.find(other);
}

}  // namespace

TEST_CASE("top_text: totals, a bar a tier, a line an endpoint, feeds, and what happened") {
  TopOptions options;
  options.chain = "ethereum";
  CHECK(
      shown(options) ==
      "rpc-sidecar 0.1.0, up 1 min, 2 calls open, 12 subscriptions on 1 feeds, $0.12/h, $1234 this "
      "month\n"
      "sessions: framed 3 http 1\n"
      "\n"
      "ethereum: head 100, 1300 calls/min, 2 errors/min\n"
      "  tier 1  75%  ██████████████████████▌\n"
      "  tier 2  25%  ███████▌\n"
      "  provider  over  tier  state                  req/min  share   failed     p50     p95     "
      "p99  head  lag  breaker    budget left\n"
      "  own       ipc      1  down (breaker_opened)      750  ██████       3       -       -      "
      " "
      "-    90   10  open 59 s  -\n"
      "  paid      http     2  healthy                    250  ██           0  250 us  1.8 ms  2.5 "
      "ms   100    0  closed     2.5M (month)\n"
      "\n"
      "  feed      chain     subscribers  events  from\n"
      "  newHeads  ethereum           12     345  own\n"
      "\n"
      "   ago  chain     of    provider  what happened              times\n"
      "  12 s  ethereum  call  own       eth_call: timeout -> paid      3\n");
}

TEST_CASE("top_text: all chains, one that nobody serves too") {
  CHECK(shown().find("\nsolana: head -, 0 calls/min, 0 errors/min\n") != std::string::npos);
}

TEST_CASE("top_text: endpoints in the order that is wished for") {
  TopOptions options;
  const auto order = [&options](TopSort sort) {
    options.sort = sort;
    return comes_first(shown(options), "\n  own ", "\n  paid ");
  };

  CHECK(order(TopSort::kTier));
  CHECK(order(TopSort::kName));
  CHECK(order(TopSort::kRate));
  CHECK(order(TopSort::kErrors));
  CHECK_FALSE(order(TopSort::kLatency));
  CHECK(order(TopSort::kLag));
}

TEST_CASE("top_text: colours only when wished for, and what has not been measured is a dash") {
  TopOptions options;
  CHECK(shown(options).find('\033') == std::string::npos);
  options.is_coloured = true;
  CHECK(shown(options).find("\033[31mdown (breaker_opened)\033[0m") != std::string::npos);
}

TEST_CASE("top_text: of an empty status nothing is made up") {
  CHECK(top_text(*JsonValue::parse("{}"), {}) ==
        "rpc-sidecar , up 0 s, - calls open, - subscriptions on - feeds\nsessions:\n");
}

TEST_CASE("top_sort_of: every name of a sort is known, and no other") {
  for (const TopSort sort : {TopSort::kTier, TopSort::kName, TopSort::kRate, TopSort::kErrors,
                             TopSort::kLatency, TopSort::kLag}) {
    CHECK(top_sort_of(top_sort_name(sort)) == sort);
  }
  CHECK_FALSE(top_sort_of("speed"));
}

}  // namespace sidecar::testing

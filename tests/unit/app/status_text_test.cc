#include "app/status_text.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {

namespace {

constexpr std::string_view kStatus = R"({"version":"0.1.0","uptime_ms":90000,"calls_in_flight":2,
"chains":[{"name":"ethereum","family":"evm","strategy":"priority_weighted","head":100,
"block_time_ms":12000,"endpoints":[
{"provider":"own","transport":"ipc","tier":1,"weight":75,"state":"healthy","reason":"succeeded",
"since_ms":85000,"failures_in_row":0,"head":100,"lag_blocks":0,"breaker":"closed","trial_in_ms":0,"cooldown_ms":0,"inflight":3,
"attempts":15000,"failures":1,"throttles":0,"budget_left":{},
"latency_us":{"light":{"p50":250,"p95":1800,"p99":2500}}},
{"provider":"a-long-provider-name","transport":"http","tier":2,"weight":100,"state":"down",
"reason":"breaker_opened","since_ms":1000,"failures_in_row":3,"head":null,"lag_blocks":null,"breaker":"open","trial_in_ms":59000,
"cooldown_ms":125000,"inflight":0,"attempts":5000,"failures":12,"throttles":0,
"budget_left":{"second":10,"month":2500000},"latency_us":{}}]},
{"name":"solana","family":"svm","strategy":"round_robin","head":null,"block_time_ms":400,
"endpoints":[]}]})";

std::string shown(std::string_view chain = "", bool is_coloured = false) {
  return status_text(*JsonValue::parse(kStatus), chain, is_coloured);
}

}  // namespace

TEST_CASE("status_text: two tables, a line an endpoint in each, in aligned columns") {
  CHECK(
      shown("ethereum") ==
      "rpc-sidecar 0.1.0, up 1 min, 2 calls open\n"
      "\n"
      "ethereum (evm): head 100, a block in 12.0 s, priority_weighted\n"
      "  provider              over  tier  state                  since  head  lag  breaker    "
      "fails\n"
      "  own                   ipc      1  healthy                1 min   100    0  closed         "
      "0\n"
      "  a-long-provider-name  http     2  down (breaker_opened)    1 s     -    -  open 59 s      "
      "3\n"
      "\n"
      "  provider              over  weight  busy  attempts  share  failed     p50     p95  pause  "
      "budget left\n"
      "  own                   ipc       75     3     15.0k    75%       1  250 us  1.8 ms      -  "
      "-\n"
      "  a-long-provider-name  http     100     0      5000    25%      12       -       -  2 min  "
      "2.5M (month)\n");
}

TEST_CASE("status_text: the widest cells of all fit 120 columns") {
  const std::string endpoint =
      R"({"provider":"a-name-of-thirty-two-characters-","transport":"http","tier":99,)"
      R"("weight":10000,"state":"quarantined","reason":"wrong_chain","since_ms":3599999,)"
      R"("head":123456789,"lag_blocks":123456789,"breaker":"open","trial_in_ms":600000,)"
      R"("failures_in_row":12345,"cooldown_ms":900000,"inflight":1024,"attempts":99940000,)"
      R"("failures":99940000,"budget_left":{"ten_seconds":999499},)"
      R"("latency_us":{"light":{"p50":99900,"p95":59900000}}})";
  const std::string text = status_text(
      *JsonValue::parse(R"({"chains":[{"name":"n","endpoints":[)" + endpoint + "]}]}"), "", false);

  size_t line_count = 0;
  for (size_t at = 0; at < text.size(); ++line_count) {
    const size_t end = text.find('\n', at);
    CAPTURE(text.substr(at, end - at));
    CHECK(end - at <= 120);
    at = end + 1;
  }
  CHECK(line_count == 8);
}

TEST_CASE("status_text: of the bounds of a budget the one that ends first is told") {
  const auto left = [](const std::string& bounds) {
    const std::string json =
        R"({"chains":[{"name":"n","endpoints":[{"budget_left":{)" + bounds + "}}]}]}";
    const std::string text = status_text(*JsonValue::parse(json), "", false);
    return text.substr(text.rfind("  ", text.size()) + 2);
  };

  CHECK(left("") == "-\n");
  CHECK(left(R"("second":5)") == "5 (second)\n");
  CHECK(left(R"("second":5,"ten_seconds":40)") == "40 (10 s)\n");
  CHECK(left(R"("second":5,"day":9)") == "9 (day)\n");
  CHECK(left(R"("day":9,"month":90)") == "9 (day)\n");
  CHECK(left(R"("day":90,"month":0)") == "0 (month)\n");
}

TEST_CASE("status_text: a chain without providers and without a head says so") {
  CHECK(shown("solana") ==
        "rpc-sidecar 0.1.0, up 1 min, 2 calls open\n"
        "\n"
        "solana (svm): head -, a block in 400 ms, round_robin\n"
        "  no provider that serves calls\n");
  CHECK(shown().find("\nethereum (evm)") != std::string::npos);
  CHECK(shown().find("\nsolana (svm)") != std::string::npos);
}

TEST_CASE("status_text: colours mark states and breakers, and only when asked for") {
  CHECK(shown().find('\033') == std::string::npos);
  CHECK(shown("", true).find("\033[32mhealthy\033[0m") != std::string::npos);
  CHECK(shown("", true).find("\033[31mdown (breaker_opened)\033[0m") != std::string::npos);
  CHECK(shown("", true).find("\033[31mopen 59 s\033[0m") != std::string::npos);
  CHECK(shown("", true).find("\033[33m2 min\033[0m") != std::string::npos);
}

TEST_CASE("status_text: an object that is something else does no harm") {
  CHECK(status_text(JsonValue(), "", false) == "rpc-sidecar , up 0 s, - calls open\n");
}

}  // namespace sidecar::testing

#include "app/status_text.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {

namespace {

constexpr std::string_view kStatus = R"({"version":"0.1.0","uptime_ms":90000,"calls_in_flight":2,
"chains":[{"name":"ethereum","family":"evm","strategy":"priority_weighted","head":100,
"block_time_ms":12000,"endpoints":[
{"provider":"own","transport":"ipc","tier":1,"weight":75,"state":"healthy","reason":"succeeded",
"head":100,"lag_blocks":0,"breaker":"closed","trial_in_ms":0,"cooldown_ms":0,"inflight":3,
"attempts":15000,"failures":1,"throttles":0,"budget_left":{},
"latency_us":{"light":{"p50":250,"p95":1800,"p99":2500}}},
{"provider":"a-long-provider-name","transport":"http","tier":2,"weight":100,"state":"down",
"reason":"breaker_opened","head":null,"lag_blocks":null,"breaker":"open","trial_in_ms":59000,
"cooldown_ms":0,"inflight":0,"attempts":5000,"failures":12,"throttles":0,
"budget_left":{"second":10,"month":2500000},"latency_us":{}}]},
{"name":"solana","family":"svm","strategy":"round_robin","head":null,"block_time_ms":400,
"endpoints":[]}]})";

std::string shown(std::string_view chain = "", bool is_coloured = false) {
  return status_text(*JsonValue::parse(kStatus), chain, is_coloured);
}

}  // namespace

TEST_CASE("status_text: a line an endpoint, in aligned columns") {
  CHECK(shown("ethereum") ==
        "rpc-sidecar 0.1.0, up 1.5 min, 2 calls open\n"
        "\n"
        "ethereum (evm): head 100, a block in 12.0 s, priority_weighted\n"
        "  provider              over  tier  weight  state                  head  lag  breaker    "
        "  busy  attempts  share  failed  limited     p50     p95  budget left\n"
        "  own                   ipc      1      75  healthy                 100    0  closed     "
        "     3     15.0k    75%       1        0  250 us  1.8 ms  -\n"
        "  a-long-provider-name  http     2     100  down (breaker_opened)     -    -  open 59.0 s"
        "     0      5000    25%      12        0       -       -  2500k (month)\n");
}

TEST_CASE("status_text: a chain without providers and without a head says so") {
  CHECK(shown("solana") ==
        "rpc-sidecar 0.1.0, up 1.5 min, 2 calls open\n"
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
  CHECK(shown("", true).find("\033[31mopen 59.0 s\033[0m") != std::string::npos);
}

TEST_CASE("status_text: an object that is something else does no harm") {
  CHECK(status_text(JsonValue(), "", false) == "rpc-sidecar , up 0 us, - calls open\n");
}

}  // namespace sidecar::testing

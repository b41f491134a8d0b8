#include "mock/mock_fault.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "mock/named_errors.h"

namespace sidecar::testing {

namespace {

Result<MockFault> parse(std::string_view text) {
  const auto value = JsonValue::parse(text);
  REQUIRE(value);
  return parse_mock_fault(*value, "faults[0]");
}

MockFault sound(std::string_view text) {
  CAPTURE(text);
  auto parsed = parse(text);
  REQUIRE_MESSAGE(parsed.ok(), (parsed.ok() ? "" : parsed.error().detail));
  return std::move(parsed).value();
}

}  // namespace

TEST_CASE("MockFault: every kind has a name that leads back to it") {
  for (size_t i = 0; i < kMockFaultKindCount; ++i) {
    const auto kind = static_cast<MockFaultKind>(i);
    CAPTURE(mock_fault_name(kind));
    CHECK(mock_fault_kind_of(mock_fault_name(kind)) == kind);
  }
  CHECK(mock_fault_name(MockFaultKind::kGarbage) == "garbage");
  CHECK(mock_fault_name(MockFaultKind::kSyncing) == "syncing");
  CHECK_FALSE(mock_fault_kind_of("nothing"));
}

TEST_CASE("MockFault: what each kind takes") {
  const MockFault status = sound(
      R"({"kind":"http_status","status":429,"retry_after":"2","body":"{}","rate":0.5,"count":3})");
  CHECK(status.status == 429);
  CHECK(status.retry_after == "2");
  CHECK(status.content_type == "application/json");
  CHECK(status.rate == 0.5);
  CHECK(status.count == 3);
  CHECK(status.text.find("\"retry_after\":\"2\"") != std::string::npos);

  const MockFault page = sound(R"({"kind":"html","status":503})");
  CHECK(page.status == 503);
  CHECK(page.content_type == "text/html");
  CHECK(page.body.starts_with("<!DOCTYPE html>"));

  const MockFault latency = sound(R"({"kind":"latency","min_ms":5})");
  CHECK(latency.wait_min == Millis(5));
  CHECK(latency.wait_max == Millis(5));

  const MockFault trickle = sound(R"({"kind":"trickle","bytes":3,"every_ms":20})");
  CHECK(trickle.drop_bytes == 3);
  CHECK(trickle.wait_min == Millis(20));

  CHECK_FALSE(sound(R"({"kind":"reset"})").after_bytes);
  CHECK(sound(R"({"kind":"reset","after_bytes":0,"carried_out":false})").after_bytes == 0);
  CHECK_FALSE(sound(R"({"kind":"blackhole","carried_out":false})").is_carried_out);
  CHECK(sound(R"({"kind":"fork","depth":3,"branch":7})").depth == 3);
  CHECK(sound(R"({"kind":"syncing"})").blocks > 0);
}

TEST_CASE("MockFault: an error by its numbers, by its name, and by a name with changes") {
  CHECK(sound(R"({"kind":"rpc_error","code":-32005,"message":"slow","data":{"a":[1]}})").error ==
        R"({"code":-32005,"message":"slow","data":{"a":[1]}})");

  const MockFault named = sound(R"({"kind":"rpc_error","name":"quicknode_rate_limit"})");
  CHECK(named.status == 429);
  CHECK(named.error.starts_with(R"({"code":-32007,"message":"15/second request limit reached)"));

  const MockFault changed =
      sound(R"({"kind":"rpc_error","name":"alchemy_rate_limit","status":200,"message":"m"})");
  CHECK(changed.status == 200);
  CHECK(changed.error == R"({"code":429,"message":"m"})");
}

TEST_CASE("MockFault: what is wrong is told with its key") {
  struct Row {
    std::string_view text;
    std::string_view start;
  };
  constexpr std::array kRows{
      Row{R"("lag")", "faults[0]: want an object"},
      Row{R"({"kind":"lagg"})", "faults[0].kind: want one of refuse, blackhole"},
      Row{R"({"kind":"lag"})", "faults[0].blocks: must be given, a number from 1"},
      Row{R"({"kind":"lag","blocks":0})", "faults[0].blocks: want a number from 1"},
      Row{R"({"kind":"lag","blocks":2,"rate":1.1})", "faults[0].rate: want a number from 0 to 1"},
      Row{R"({"kind":"lag","blocks":2,"rate":"1"})", "faults[0].rate: want a number from 0 to 1"},
      Row{R"({"kind":"lag","blocks":2,"count":0})", "faults[0].count: want a number from 1"},
      Row{R"({"kind":"lag","blocks":2,"methods":"eth_*"})", "faults[0].methods: want a list"},
      Row{R"({"kind":"lag","blocks":2,"methods":[1]})", "faults[0].methods: want method names"},
      Row{R"({"kind":"lag","blocks":2,"depth":1})",
          "faults[0].depth: no such key; lag takes kind, blocks, rate, count, methods"},
      Row{R"({"kind":"refuse","rate":0.5})", "faults[0].rate: no such key; refuse takes kind"},
      Row{R"({"kind":"http_status"})", "faults[0].status: must be given"},
      Row{R"({"kind":"http_status","status":100})", "faults[0].status: want a number from 200"},
      Row{R"({"kind":"http_status","status":204})", "faults[0].status: 204 has no body"},
      Row{R"({"kind":"http_status","status":429,"retry_after":2})",
          "faults[0].retry_after: want a text"},
      Row{R"({"kind":"http_status","status":429,"retry_after":"2\r\nX: y"})",
          "faults[0].retry_after: want one line"},
      Row{R"({"kind":"latency"})", "faults[0].max_ms: min_ms or max_ms must be given"},
      Row{R"({"kind":"latency","min_ms":9,"max_ms":8})", "faults[0].max_ms: is below min_ms"},
      Row{R"({"kind":"trickle","bytes":1})", "faults[0].every_ms: must be given"},
      Row{R"({"kind":"rpc_error"})", "faults[0].code: want a number, or the name"},
      Row{R"({"kind":"rpc_error","code":"x"})", "faults[0].code: want a number"},
      Row{R"({"kind":"rpc_error","name":"x"})", "faults[0].name: no such error; there are alchemy"},
      Row{R"({"kind":"fork"})", "faults[0].from: either from"},
      Row{R"({"kind":"fork","from":3,"depth":3})", "faults[0].from: either from"},
      Row{R"({"kind":"blackhole","carried_out":1})", "faults[0].carried_out: want true or false"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    const auto parsed = parse(row.text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code == Errc::kInvalid);
    CHECK_MESSAGE(parsed.error().detail.starts_with(row.start), parsed.error().detail);
  }
}

TEST_CASE("MockFault: concerns the methods it names, and those that its kind is about") {
  const MockFault some = sound(R"({"kind":"lag","blocks":1,"methods":["eth_get*","eth_?all"]})");
  CHECK(some.concerns("eth_getLogs"));
  CHECK(some.concerns("eth_call"));
  CHECK_FALSE(some.concerns("eth_blockNumber"));
  CHECK_FALSE(some.concerns("eth_xcall"));

  const MockFault chain = sound(R"({"kind":"wrong_chain"})");
  CHECK(chain.concerns("eth_chainId"));
  CHECK_FALSE(chain.concerns("eth_call"));
  const MockFault narrowed = sound(R"({"kind":"syncing","methods":["eth_call"]})");
  CHECK_FALSE(narrowed.concerns("eth_syncing"));
  CHECK_FALSE(narrowed.concerns("eth_call"));
}

TEST_CASE("MockFault: globs") {
  struct Row {
    std::string_view pattern;
    std::string_view text;
    bool matches;
  };
  constexpr std::array kRows{
      Row{"", "", true},
      Row{"", "a", false},
      Row{"*", "", true},
      Row{"*", "abc", true},
      Row{"a*c", "abbc", true},
      Row{"a*c", "abcd", false},
      Row{"a*b*c", "aXbYc", true},
      Row{"*ab", "aab", true},
      Row{"*ab", "aba", false},
      Row{"?", "", false},
      Row{"a?", "ab", true},
      Row{"a**", "a", true},
      Row{"*a?c*", "xxabcx", true},
      Row{"abc", "ab", false},
      Row{"*.*", "**", false},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.pattern);
    CAPTURE(row.text);
    CHECK(matches_glob(row.pattern, row.text) == row.matches);
  }
}

TEST_CASE("NamedErrors: every one is found by its name, and its data is JSON") {
  CHECK(named_errors().size() > 30);
  for (const NamedError& each : named_errors()) {
    CAPTURE(each.name);
    CHECK(find_named_error(each.name) == &each);
    CHECK_FALSE(each.message.empty());
    CHECK((each.data.empty() || JsonValue::parse(each.data)));
  }
  CHECK(find_named_error("") == nullptr);
  CHECK(find_named_error("zzz") == nullptr);
}

}  // namespace sidecar::testing

#include "app/explain_text.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {

namespace {

std::string shown(const std::string& steps, const std::string& answer, size_t lines_max = 0) {
  const std::string json = R"({"chain":"ethereum","method":"eth_call","took_us":12300,"steps":[)" +
                           steps + R"(],"steps_dropped":0,)" + answer + "}";
  const auto parsed = JsonValue::parse(json);
  REQUIRE(parsed);
  return explain_text(*parsed, lines_max);
}

}  // namespace

TEST_CASE("explain_text: each kind of step has its line, each endpoint its reason") {
  const std::string steps = R"(
{"step":"c","at_us":0,"text":"admitted"},
{"step":"e","at_us":3,"endpoints":[
 {"provider":"own","transport":"ipc","tier":1,"state":"healthy","why":"chosen"},
 {"provider":"paid","transport":"http","tier":2,"state":"degraded","why":"cooling_down"}]},
{"step":"g","at_us":4,"kind":"first","provider":"own","transport":"ipc","timeout_ms":5000},
{"step":"h","at_us":10200,"provider":"own","outcome":"http_status","http_status":502,"took_us":10196},
{"step":"f","at_us":10210,"text":"again after a pause: pause 80 ms"},
{"step":"i","at_us":12300,"text":"reply: result"})";

  CHECK(shown(steps, R"("result":"0x1")") ==
        "eth_call on ethereum, 12.3 ms\n"
        "  (c)        0 us  admitted\n"
        "  (e)        3 us  who can serve it\n"
        "                    own   ipc   tier 1  healthy   asked\n"
        "                    paid  http  tier 2  degraded  said that we ask too much\n"
        "  (g)        4 us  first attempt: own over ipc, for 5.0 s at the most\n"
        "  (h)     10.2 ms  own: http_status (HTTP 502) after 10.2 ms\n"
        "  (f)     10.2 ms  again after a pause: pause 80 ms\n"
        "  (i)     12.3 ms  reply: result\n"
        "result\n"
        "\"0x1\"\n");
}

TEST_CASE("explain_text: a long answer is cut after its first lines, or not at all") {
  CHECK(shown("", R"("result":[1,2,3,4])", 3) ==
        "eth_call on ethereum, 12.3 ms\nresult\n[\n  1,\n  2,\n...\n");
  CHECK(shown("", R"("error":{"code":1})", 3) ==
        "eth_call on ethereum, 12.3 ms\nerror\n{\n  \"code\": 1\n}\n");
  CHECK(shown("", R"("result":[1,2,3,4])").find("  4\n]") != std::string::npos);
}

}  // namespace sidecar::testing

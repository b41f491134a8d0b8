#include "app/cost_report.h"

#include <doctest/doctest.h>

#include "rpc/json_value.h"
#include "rpc/json_writer.h"

namespace sidecar::testing {

TEST_CASE("CostReport: dollars are exact decimals") {
  CHECK(dollars_text(0) == "0");
  CHECK(dollars_text(1) == "0.000000001");
  CHECK(dollars_text(1'250'000) == "0.00125");
  CHECK(dollars_text(12'000'000'000) == "12");
  CHECK(dollars_text(UINT64_MAX) == "18446744073.709551615");
}

TEST_CASE("CostReport: tells accounts in their own unit, and a quota only where there is one") {
  CostView view;
  view.accounts.resize(2);
  view.accounts[0].total = {0, 7, 0};
  view.accounts[1].unit = BudgetUnit::kCredits;
  view.accounts[1].total = {400, 0, 26};
  view.accounts[1].quota = 100;
  view.accounts[1].quota_left = 74;
  view.workers.push_back({"uid:1000", {400, 7, 26}});
  std::string text;
  JsonWriter json(text);

  json.begin_object();
  write_cost(json, view);
  json.end_object();

  const auto parsed = JsonValue::parse(text);
  REQUIRE(parsed.has_value());
  const JsonValue& cost = (*parsed)["cost"];
  CHECK(cost["accounts"].at(0)["units"].as_uint64() == 7u);
  CHECK_FALSE(cost["accounts"].at(0).has("quota"));
  CHECK(cost["accounts"].at(1)["unit"].as_string() == "credits");
  CHECK(cost["accounts"].at(1)["units"].as_uint64() == 26u);
  CHECK(cost["accounts"].at(1)["dollars"].number_text() == "0.0000004");
  CHECK(cost["accounts"].at(1)["quota_left"].as_uint64() == 74u);
  CHECK(cost["workers"].at(0)["worker"].as_string() == "uid:1000");
  CHECK(cost["saved_dollars"]["cache"].number_text() == "0");
}

}  // namespace sidecar::testing

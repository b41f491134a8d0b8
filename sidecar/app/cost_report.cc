#include "app/cost_report.h"

#include "rpc/json_writer.h"

namespace sidecar {

namespace {

void write_dollars(JsonWriter& json, std::string_view key, uint64_t nano_dollars) {
  json.key(key).raw(dollars_text(nano_dollars));
}

void write_spent(JsonWriter& json, const Spent& spent) {
  write_dollars(json, "dollars", spent.nano_dollars);
  json.key("requests").number(spent.requests).key("credits").number(spent.credits);
}

void write_account(JsonWriter& json, const CostView::Account& account) {
  const bool has_credits = account.unit == BudgetUnit::kCredits;
  json.begin_object().key("chain").string(account.chain).key("provider").string(account.provider);
  json.key("is_configured").boolean(account.is_configured);
  json.key("unit").string(has_credits ? "credits" : "requests");
  json.key("units").number(has_credits ? account.total.credits : account.total.requests);
  write_dollars(json, "dollars", account.total.nano_dollars);
  json.key("month_units").number(has_credits ? account.month.credits : account.month.requests);
  write_dollars(json, "month_dollars", account.month.nano_dollars);
  write_dollars(json, "month_projected_dollars", account.month_projected);
  json.key("month_ends_unix_ms").number(static_cast<uint64_t>(account.month_ends.count()));
  if (account.quota) {
    json.key("quota").number(*account.quota);
    json.key("quota_left").number(account.quota_left.value_or(0));
  }
  json.end_object();
}

}  // namespace

std::string dollars_text(uint64_t nano_dollars) {
  constexpr uint64_t kNano = 1'000'000'000;
  std::string text = std::to_string(nano_dollars / kNano);
  std::string part = std::to_string(nano_dollars % kNano);
  part.insert(0, 9 - part.size(), '0');
  part.erase(part.find_last_not_of('0') + 1);
  return part.empty() ? text : text + "." + part;
}

void write_cost(JsonWriter& json, const CostView& cost) {
  json.key("cost").begin_object();
  json.key("since_unix_ms").number(static_cast<uint64_t>(cost.since.count()));
  write_spent(json, cost.total);
  write_dollars(json, "dollars_last_minute", cost.last_minute);
  write_dollars(json, "dollars_last_hour", cost.last_hour);
  write_dollars(json, "dollars_per_hour", cost.per_hour());
  write_dollars(json, "month_dollars", cost.month);
  write_dollars(json, "month_projected_dollars", cost.month_projected);
  write_dollars(json, "month_plan_dollars", cost.month_planned);
  json.key("saved_dollars").begin_object();
  write_dollars(json, "feeds", cost.saved_by_feeds);
  write_dollars(json, "flights", cost.saved_by_flights);
  write_dollars(json, "cache", cost.saved_by_cache);
  json.end_object();
  json.key("accounts").begin_array();
  for (const CostView::Account& account : cost.accounts) {
    write_account(json, account);
  }
  json.end_array().key("classes").begin_array();
  for (const CostView::Class& one : cost.classes) {
    json.begin_object().key("chain").string(one.chain).key("class").string(one.name);
    write_spent(json, one.total);
    json.end_object();
  }
  json.end_array().key("workers").begin_array();
  for (const CostView::Worker& one : cost.workers) {
    json.begin_object().key("worker").string(one.name);
    write_spent(json, one.total);
    json.end_object();
  }
  json.end_array().end_object();
}

}  // namespace sidecar

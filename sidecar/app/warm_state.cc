#include "app/warm_state.h"

#include <algorithm>

#include "rpc/json_value.h"
#include "rpc/json_writer.h"

namespace sidecar {

namespace {

/// The year 9999; and more than any pause.
constexpr uint64_t kUnixMillisMax = 253'402'300'799'000;
constexpr uint64_t kSpanMillisMax = 365ull * 24 * 3'600 * 1'000;

void write_millis(JsonWriter& json, std::string_view key, Millis time) {
  json.key(key).number(static_cast<uint64_t>(std::max<int64_t>(0, time.count())));
}

void write_span(JsonWriter& json, std::string_view key, Nanos span) {
  write_millis(json, key, std::chrono::ceil<Millis>(span));
}

Millis unix_time(const JsonValue& value) {
  return Millis(static_cast<int64_t>(std::min(value.as_uint64().value_or(0), kUnixMillisMax)));
}

Millis span(const JsonValue& value) {
  return Millis(static_cast<int64_t>(std::min(value.as_uint64().value_or(0), kSpanMillisMax)));
}

uint64_t number(const JsonValue& value) {
  return value.as_uint64().value_or(0);
}

uint32_t small_number(const JsonValue& value) {
  return static_cast<uint32_t>(std::min<uint64_t>(number(value), UINT32_MAX));
}

std::string text(const JsonValue& value) {
  return std::string(value.as_string().value_or(""));
}

void write_spent(JsonWriter& json, std::string_view key, const Spent& spent) {
  json.key(key).begin_array();
  json.number(spent.nano_dollars).number(spent.requests).number(spent.credits).end_array();
}

Spent spent(const JsonValue& value) {
  return {number(value.at(0)), number(value.at(1)), number(value.at(2))};
}

void write_ledger(JsonWriter& json, const LedgerMemory& ledger) {
  json.key("cost").begin_object();
  write_millis(json, "since", ledger.since);
  write_spent(json, "spent", ledger.total);
  json.key("saved_by_feeds").number(ledger.saved_by_feeds);
  json.key("accounts").begin_array();
  for (const LedgerMemory::Account& one : ledger.accounts) {
    json.begin_object().key("chain").string(one.chain).key("provider").string(one.provider);
    json.key("counts_credits").boolean(one.counts_credits);
    write_spent(json, "spent", one.total);
    write_spent(json, "month", one.month.spent);
    write_millis(json, "month_ends", one.month.ends);
    write_millis(json, "counted_since", one.month.counted_since);
    json.end_object();
  }
  json.end_array().key("classes").begin_array();
  for (const LedgerMemory::Class& one : ledger.classes) {
    json.begin_object().key("chain").string(one.chain).key("class").string(one.name);
    write_spent(json, "spent", one.total);
    json.end_object();
  }
  json.end_array().key("workers").begin_array();
  for (const LedgerMemory::Worker& one : ledger.workers) {
    json.begin_object().key("name").string(one.name);
    write_spent(json, "spent", one.total);
    json.end_object();
  }
  json.end_array().end_object();
}

LedgerMemory ledger(const JsonValue& json) {
  LedgerMemory memory;
  memory.since = unix_time(json["since"]);
  memory.total = spent(json["spent"]);
  memory.saved_by_feeds = number(json["saved_by_feeds"]);
  for (const JsonValue& one : json["accounts"].items()) {
    MonthMemory month;
    month.spent = spent(one["month"]);
    month.ends = unix_time(one["month_ends"]);
    month.counted_since = unix_time(one["counted_since"]);
    memory.accounts.push_back({text(one["chain"]), text(one["provider"]),
                               one["counts_credits"].as_bool().value_or(false), spent(one["spent"]),
                               month});
  }
  for (const JsonValue& one : json["classes"].items()) {
    memory.classes.push_back({text(one["chain"]), text(one["class"]), spent(one["spent"])});
  }
  for (const JsonValue& one : json["workers"].items()) {
    memory.workers.push_back({text(one["name"]), spent(one["spent"])});
  }
  return memory;
}

void write_provider(JsonWriter& json, const PoolMemory::OfProvider& one) {
  json.begin_object().key("name").string(one.name);
  json.key("day").number(one.budget.spent_day);
  write_millis(json, "day_ends", one.budget.day_ends);
  json.key("month").number(one.budget.spent_month);
  write_millis(json, "month_ends", one.budget.month_ends);
  json.key("throttles").number(one.cooldown.times);
  write_span(json, "pause_left", one.cooldown.left);
  json.end_object();
}

PoolMemory::OfProvider provider(const JsonValue& json) {
  PoolMemory::OfProvider one;
  one.name = text(json["name"]);
  one.budget = {number(json["day"]), unix_time(json["day_ends"]), number(json["month"]),
                unix_time(json["month_ends"])};
  one.cooldown = {small_number(json["throttles"]), span(json["pause_left"])};
  return one;
}

/// Bucket and count, by turns, of those that are not empty.
void write_latencies(JsonWriter& json, const PoolMemory::OfEndpoint& one) {
  json.key("latencies").begin_array();
  for (const LatencyHistogram::Counts& counts : one.latencies) {
    json.begin_array();
    for (size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] != 0) {
        json.number(i).number(counts[i]);
      }
    }
    json.end_array();
  }
  json.end_array();
}

LatencyHistogram::Counts latencies(const JsonValue& json) {
  LatencyHistogram::Counts counts{};
  for (size_t i = 0; i + 1 < json.size(); i += 2) {
    const uint64_t bucket = number(json.at(i));
    if (bucket < counts.size()) {
      counts[bucket] =
          static_cast<uint16_t>(std::min<uint64_t>(number(json.at(i + 1)), UINT16_MAX));
    }
  }
  return counts;
}

void write_endpoint(JsonWriter& json, const PoolMemory::OfEndpoint& one, bool has_latencies) {
  json.begin_object().key("provider").string(one.provider);
  json.key("transport").string(one.transport);
  if (one.head) {
    json.key("head").number(*one.head);
    write_millis(json, "head_told_at", one.head_told_at);
  }
  json.key("is_open").boolean(one.breaker.is_open);
  json.key("failures").number(one.breaker.failures);
  json.key("openings").number(one.breaker.openings);
  write_span(json, "trial_in", one.breaker.pause_left);
  if (has_latencies) {
    write_latencies(json, one);
  }
  json.end_object();
}

PoolMemory::OfEndpoint endpoint(const JsonValue& json) {
  PoolMemory::OfEndpoint one;
  one.provider = text(json["provider"]);
  one.transport = text(json["transport"]);
  one.head = json["head"].as_uint64();
  one.head_told_at = unix_time(json["head_told_at"]);
  one.breaker = {json["is_open"].as_bool().value_or(false), small_number(json["failures"]),
                 small_number(json["openings"]), span(json["trial_in"])};
  for (size_t i = 0; i < one.latencies.size(); ++i) {
    one.latencies[i] = latencies(json["latencies"].at(i));
  }
  return one;
}

std::string whole_json(const WarmState& state, bool has_latencies) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_ledger(json, state.ledger);
  json.key("chains").begin_array();
  for (const PoolMemory& pool : state.pools) {
    json.begin_object().key("name").string(pool.chain);
    write_millis(json, "saved_at", pool.saved_at);
    json.key("served_head").number(pool.served_head);
    json.key("providers").begin_array();
    for (const PoolMemory::OfProvider& one : pool.providers) {
      write_provider(json, one);
    }
    json.end_array().key("endpoints").begin_array();
    for (const PoolMemory::OfEndpoint& one : pool.endpoints) {
      write_endpoint(json, one, has_latencies);
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace

std::string warm_state_json(const WarmState& state, size_t bytes_soft_max) {
  std::string json = whole_json(state, true);
  return json.size() <= bytes_soft_max ? json : whole_json(state, false);
}

std::optional<WarmState> parse_warm_state(std::string_view json) {
  const auto parsed = JsonValue::parse(json);
  if (!parsed || !parsed->is_object()) {
    return std::nullopt;
  }
  WarmState state;
  state.ledger = ledger((*parsed)["cost"]);
  for (const JsonValue& chain : (*parsed)["chains"].items()) {
    PoolMemory pool;
    pool.chain = text(chain["name"]);
    pool.saved_at = unix_time(chain["saved_at"]);
    pool.served_head = number(chain["served_head"]);
    for (const JsonValue& one : chain["providers"].items()) {
      pool.providers.push_back(provider(one));
    }
    for (const JsonValue& one : chain["endpoints"].items()) {
      pool.endpoints.push_back(endpoint(one));
    }
    state.pools.push_back(std::move(pool));
  }
  return state;
}

}  // namespace sidecar

#include "config/key_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <string>

#include "config/load_config.h"

namespace sidecar::testing {
namespace {

size_t row_count(Section section) {
  const auto rows = key_rows();
  return static_cast<size_t>(std::count_if(
      rows.begin(), rows.end(), [section](const KeyRow& row) { return row.section == section; }));
}

TEST_CASE("KeyTable: the defaults it tells are the defaults of the option structs") {
  Config config;
  ChainConfig chain;
  ProviderConfig provider;
  AccessConfig access;
  const KeyScope scope = {
      .config = &config, .chain = &chain, .provider = &provider, .access = &access};

  for (const KeyRow& row : key_rows()) {
    CAPTURE(key_path(row.section, row.name));
    if (row.is_required()) {
      CHECK(row.fallback.empty());
    } else {
      CHECK(field_text(row, scope) == row.fallback);
    }
  }
}

// A field that was added to one of these structs does not compile here until it is counted, and
// the count does not hold until it has a row.
TEST_CASE("KeyTable: every option has a row") {
  const auto& [path, mode, group, backlog] = ListenOptions{};
  const auto& [listen, allow_remote, ws_next_port, hosts, origins, idle, request_timeout] =
      HttpOptions{};
  const auto& [sessions, request, items, reply, depth, in_flight, mark, queue, partial,
               subscriptions, slow_consumer, continuity] = SessionLimits{};
  const auto& [soft_bytes, soft_time, hard_bytes, all_bytes, share_bytes] = slow_consumer;
  const auto& [sources, open_timeout, subscribe_timeout, answer_timeout, fill_timeout, fill_blocks,
               stall_blocks, stall_min, poll_interval, failback, grace, feeds_max,
               subscriptions_max, ring_events, ring_bytes, held_events, held_bytes, seen] =
      FeedOptions{};
  const auto& [deadline, deadline_max, calls, waiting, filters, nonce_check, retry, hedge,
               timeout] = DispatcherOptions{};
  const auto& [tries, pause_min, pause_max, not_yet, not_yet_pause, extra, percent] = retry;
  const auto& [hedge_on, hedge_percentile, hedge_base, delay_min, delay_max, cold, hedge_samples,
               price_max] = hedge;
  const auto& [percentile, base, floor, samples] = timeout;
  const auto& [breaker, cooldown, probe] = HealthOptions{};
  const auto& [failures, open_min, open_max] = breaker;
  const auto& [cool_min, cool_max, retry_after_max] = cooldown;
  const auto& [probe_on, interval, probe_timeout, interval_disabled, skips] = probe;
  const auto& [level, format, call_lines] = LogOptions{};
  const auto& [drain] = ShutdownOptions{};
  const auto& [month_dollars] = CostOptions{};
  const auto& [state_on, state_dir, state_interval] = StateOptions{};

  CHECK(row_count(Section::kListen) == 4);
  CHECK(row_count(Section::kHttp) == 7);
  CHECK(row_count(Section::kLimits) == 12 - 2 + 5 + 9 - 3 + 2);
  CHECK(row_count(Section::kFeed) == 18 - 2 + 1);
  CHECK(row_count(Section::kRetry) == 7);
  CHECK(row_count(Section::kHedge) == 8);
  CHECK(row_count(Section::kTimeout) == 4);
  CHECK(row_count(Section::kBreaker) == 3);
  CHECK(row_count(Section::kCooldown) == 3);
  CHECK(row_count(Section::kProbe) == 5);
  CHECK(row_count(Section::kLog) == 3);
  CHECK(row_count(Section::kShutdown) == 1);
  CHECK(row_count(Section::kCost) == 1);
  CHECK(row_count(Section::kState) == 3);
  CHECK(path == ListenOptions{}.path);
  CHECK(listen == HttpOptions{}.listen);
  CHECK(sessions == SessionLimits{}.sessions_max);
  CHECK(deadline == DispatcherOptions{}.call_deadline);
  CHECK(tries == RetryOptions{}.attempts_max);
  CHECK(hedge_on == HedgeOptions{}.is_on);
  CHECK(percentile == TimeoutOptions{}.percentile);
  CHECK(failures == BreakerOptions{}.failures_max);
  CHECK(cool_min == CooldownOptions{}.pause_min);
  CHECK(probe_on == ProbeOptions{}.is_on);
  CHECK(soft_bytes == SlowConsumerOptions{}.soft_bytes);
  CHECK(sources == FeedOptions{}.sources);
  CHECK(level == LogOptions{}.level);
  CHECK(drain == ShutdownOptions{}.drain);
  CHECK(month_dollars == CostOptions{}.month_dollars);
  CHECK(state_on == StateOptions{}.is_on);
}

// The words `strategy`, `vendor`, `budget_unit` and `calls_over` set a field in the structs inside;
// block time and lag have a zero that means the family's own.
TEST_CASE("KeyTable: every option of a chain and of a provider has a row") {
  const auto& [name, family, chain_id, pool, strategy_word, is_dev, block_time, lag_max, lag_back,
               providers] = ChainConfig{};
  const auto& [strategy, stickiness, head, broadcast, genesis_hash] = pool;
  const auto& [beaten_by, hold_min] = stickiness;
  const auto& [h1, h2, h3, h4, h5, h6, h7] = head;
  const auto& [channel, terms, vendor_word, unit_word, calls_over] = ProviderConfig{};
  const auto& [p01, p02, p03, p04, p05, p06, p07, p08, p09, p10, p11, p12, p13, p14, p15, p16, p17,
               p18, p19, p20] = channel;
  const auto& [vendor, unit, budget, price, price_bytes, event_units, event_units_per_mb, methods,
               http_only, ws_only, blocks_kept, logs_range] = terms;
  const auto& [b1, b2, b3, b4, b5, b6, b7] = budget;
  const auto& [allow, deny, unsupported_memory] = methods;

  CHECK(row_count(Section::kChain) == 3 + 2 + 2 + 7 + 1 + 1);
  CHECK_FALSE(is_dev);
  CHECK(row_count(Section::kProvider) == 20 + 3 + 7 + 4 + 3 + 4);
  CHECK(name == ChainConfig{}.name);
  CHECK(strategy_word == strategy_name(strategy));
  CHECK(beaten_by == StickinessOptions{}.beaten_by_percent);
  CHECK(h1 == HeadOptions{}.lag_blocks_max);
  CHECK(p01 == ProviderOptions{}.name);
  CHECK(vendor == Vendor::kGeneric);
  CHECK(b1 == BudgetOptions{}.per_second);
  CHECK(allow == MethodRuleOptions{}.allow);
}

TEST_CASE("KeyTable: every option of an access rule has a row") {
  const auto& [name, uids, gids, chains, methods, may_send_tx, is_admin, quota] = AccessConfig{};
  const auto& [rate, burst, inflight_max, subscriptions_max] = quota;

  CHECK(row_count(Section::kAccess) == 4 + 2 + 2 + 4);
  CHECK(name == AccessConfig{}.name);
  CHECK(rate == QuotaOptions{}.rate);
}

TEST_CASE("KeyTable: no key stands twice, and no two keys set one field") {
  Config config;
  ChainConfig chain;
  ProviderConfig provider;
  AccessConfig access;
  const KeyScope scope = {
      .config = &config, .chain = &chain, .provider = &provider, .access = &access};
  std::set<std::string> paths;
  std::set<const void*> fields;

  for (const KeyRow& row : key_rows()) {
    CAPTURE(key_path(row.section, row.name));
    CHECK(paths.insert(key_path(row.section, row.name)).second);
    const FieldRef ref = row.field(scope);
    const void* field = std::visit([](auto* at) { return static_cast<const void*>(at); }, ref);
    CHECK(fields.insert(field).second);
    CHECK(find_key(row.section, row.name) == &row);
  }
}

TEST_CASE("KeyTable: a type goes with a field that can hold it, and a range fits the field") {
  Config config;
  ChainConfig chain;
  ProviderConfig provider;
  AccessConfig access;
  const KeyScope scope = {
      .config = &config, .chain = &chain, .provider = &provider, .access = &access};

  for (const KeyRow& row : key_rows()) {
    CAPTURE(key_path(row.section, row.name));
    const FieldRef field = row.field(scope);
    const bool is_small = std::holds_alternative<uint32_t*>(field);
    const bool is_large = std::holds_alternative<size_t*>(field) ||
                          std::holds_alternative<std::optional<uint64_t>*>(field);
    switch (row.type) {
      case KeyType::kBool:
        CHECK(std::holds_alternative<bool*>(field));
        break;
      case KeyType::kInteger:
      case KeyType::kBytes:
      case KeyType::kMode:
        CHECK((is_small || is_large));
        break;
      case KeyType::kDuration:
        CHECK(std::holds_alternative<Millis*>(field));
        break;
      case KeyType::kText:
        CHECK((std::holds_alternative<std::string*>(field) ||
               std::holds_alternative<Secret*>(field) || std::holds_alternative<Family*>(field)));
        break;
      case KeyType::kTextList:
        CHECK(std::holds_alternative<std::vector<std::string>*>(field));
        break;
      case KeyType::kTextTable:
        CHECK(std::holds_alternative<std::vector<std::pair<std::string, Secret>>*>(field));
        break;
    }
    CHECK(row.range.least <= row.range.most);
    CHECK(row.range.most <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()));
    CHECK((!is_small || row.range.most <= std::numeric_limits<uint32_t>::max()));
  }
}

TEST_CASE("KeyTable: sentences are sentences") {
  for (const KeyRow& row : key_rows()) {
    CAPTURE(key_path(row.section, row.name));
    REQUIRE_FALSE(row.sentence.empty());
    CHECK(row.sentence.back() == '.');
    CHECK(row.sentence.front() >= 'A');
    CHECK(row.sentence.front() <= 'Z');
  }
}

// The bounds themselves are allowed, one step outside is not, for every number in the table.
TEST_CASE("KeyTable: every range is enforced at both ends") {
  for (const KeyRow& row : key_rows()) {
    if (row.range.most == 0) {
      continue;
    }
    CAPTURE(key_path(row.section, row.name));
    const auto fault_count = [&row](uint64_t number) {
      const std::string line = std::string(row.name) + " = " + number_text(row, number) + "\n";
      std::string text;
      if (row.section != Section::kChain && row.section != Section::kProvider) {
        const std::string path(section_row(row.section).path);
        text = section_row(row.section).is_list ? "[[" + path + "]]\n" : "[" + path + "]\n";
        text += line;
      }
      text += "[[chain]]\nname = \"e\"\nfamily = \"evm\"\n";
      text += row.section == Section::kChain ? line : "";
      text += "[[chain.provider]]\nname = \"p\"\nhttp = \"http://h\"\n";
      text += row.section == Section::kProvider ? line : "";
      const auto loaded = load_config_text(text, "f.toml", {});
      return std::count_if(loaded.faults.begin(), loaded.faults.end(), [](const auto& fault) {
        return fault.message.find("out of range; write ") != std::string::npos;
      });
    };
    CHECK(fault_count(row.range.least) == 0);
    CHECK(fault_count(row.range.most) == 0);
    CHECK((row.range.least == 0 || fault_count(row.range.least - 1) == 1));
    CHECK(fault_count(row.range.most + 1) == 1);
  }
}

}  // namespace
}  // namespace sidecar::testing

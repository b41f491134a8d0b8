#include "app/restart_settings.h"

#include <algorithm>
#include <array>

#include "config/key_table.h"

namespace sidecar {

namespace {

/// Everything in them can change while it runs, but for what is listed next.
constexpr std::array<Section, 12> kLiveSections{
    Section::kTop,     Section::kLimits,  Section::kRetry,    Section::kHedge,
    Section::kTimeout, Section::kBreaker, Section::kCooldown, Section::kProbe,
    Section::kFeed,    Section::kLog,     Section::kShutdown, Section::kCost};
/// probe.on decides whether a chain is verified at all; the HTTP server is made with the limits.
constexpr std::array<std::string_view, 5> kFixedKeys{
    "probe.on", "limits.request_bytes_max", "limits.output_mark_bytes",
    "limits.output_queue_bytes_max", "limits.event_queue_bytes_max"};

bool is_live(const KeyRow& row) {
  const bool is_in =
      std::find(kLiveSections.begin(), kLiveSections.end(), row.section) != kLiveSections.end();
  const std::string path = key_path(row.section, row.name);
  return is_in && std::find(kFixedKeys.begin(), kFixedKeys.end(), path) == kFixedKeys.end();
}

std::vector<std::string> names_of(const Config& config) {
  std::vector<std::string> names;
  for (const ChainConfig& chain : config.chains) {
    names.push_back(chain.name);
  }
  return names;
}

void add_chains(const Config& started, const Config& wanted, std::vector<std::string>& found) {
  for (const ChainConfig& chain : wanted.chains) {
    const ChainConfig* before = find_chain(started, chain.name);
    if (before == nullptr) {
      found.push_back("chain " + chain.name + " (new)");
    } else if (!is_same_network(*before, chain)) {
      found.push_back("chain " + chain.name + " (another network)");
    } else if (before->is_dev != chain.is_dev) {
      found.push_back("chain " + chain.name + " (dev)");
    }
  }
  for (const ChainConfig& chain : started.chains) {
    if (find_chain(wanted, chain.name) == nullptr) {
      found.push_back("chain " + chain.name + " (gone)");
    }
  }
  if (!has_same_chains(started, wanted) && !wanted.access.empty()) {
    found.emplace_back("access (it speaks of chains)");
  }
  const auto before = names_of(started);
  const auto after = names_of(wanted);
  if (before != after &&
      std::is_permutation(before.begin(), before.end(), after.begin(), after.end())) {
    found.emplace_back("the order of chains");
  }
}

}  // namespace

std::vector<std::string> settings_for_restart(const Config& started, const Config& wanted) {
  // Copies: the key table hands out fields that can be written.
  Config before = started;
  Config after = wanted;
  std::vector<std::string> found;
  for (const KeyRow& row : key_rows()) {
    // Chains, providers and access rules are looked at one by one, or changed as they are.
    const bool is_of_list =
        section_row(row.section).is_list || section_row(section_row(row.section).parent).is_list;
    if (!is_of_list && !is_live(row) &&
        field_text(row, {.config = &before}) != field_text(row, {.config = &after})) {
      found.push_back(key_path(row.section, row.name));
    }
  }
  add_chains(started, wanted, found);
  return found;
}

bool has_same_chains(const Config& one, const Config& other) {
  return names_of(one) == names_of(other);
}

const ChainConfig* find_chain(const Config& config, std::string_view name) {
  const auto found = std::find_if(config.chains.begin(), config.chains.end(),
                                  [name](const ChainConfig& one) { return one.name == name; });
  return found == config.chains.end() ? nullptr : &*found;
}

bool is_same_network(const ChainConfig& one, const ChainConfig& other) {
  return one.family == other.family && one.chain_id == other.chain_id &&
         one.pool.genesis_hash == other.pool.genesis_hash;
}

SessionLimits live_limits(const Config& started, const Config& wanted) {
  SessionLimits limits = session_limits(wanted);
  limits.request_bytes_max = started.limits.request_bytes_max;
  limits.output_mark_bytes = started.limits.output_mark_bytes;
  limits.output_queue_bytes_max = started.limits.output_queue_bytes_max;
  limits.slow_consumer.hard_bytes = started.limits.slow_consumer.hard_bytes;
  return limits;
}

}  // namespace sidecar

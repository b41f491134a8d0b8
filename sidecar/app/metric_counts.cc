#include "app/metric_counts.h"

#include <algorithm>
#include <numeric>

#include "app/metric_table.h"
#include "core/pool.h"

namespace sidecar {

namespace {

/// What a call for no chain has for one; the configuration lets no name begin like this.
constexpr std::string_view kNoChain = "-";

/// Of what is named: the place in `list`, at its end when it is new.
template <class Thing, class Name>
size_t place_of(std::vector<Thing>& list, const Name& is_named, Thing fresh) {
  const auto found = std::find_if(list.begin(), list.end(), is_named);
  if (found != list.end()) {
    return static_cast<size_t>(found - list.begin());
  }
  list.push_back(std::move(fresh));
  return list.size() - 1;
}

}  // namespace

MetricCounts::MetricCounts()
    : methods_(label_values(Label::kMethod)), outcomes_(label_values(Label::kCallOutcome)) {
  for (size_t i = 0; i < methods_.size(); ++i) {
    method_numbers_.emplace(methods_[i].data(), i);
  }
  for (size_t i = 0; i < outcomes_.size(); ++i) {
    outcome_numbers_.emplace(outcomes_[i].data(), i);
  }
  chains_.emplace_back();
  chains_[0].name = kNoChain;
  chains_[0].calls.resize(methods_.size());
}

size_t MetricCounts::number_of(const Numbers& numbers, std::string_view name, size_t otherwise) {
  const auto found = numbers.find(name.data());
  return found == numbers.end() ? otherwise : found->second;
}

void MetricCounts::open_chain(const Pool& pool) {
  const size_t number = pool.chain().number;
  if (chains_.size() <= number) {
    chains_.resize(number + 1);
  }
  ChainCounts& chain = chains_[number];
  chain.name = pool.chain().name;
  chain.calls.resize(methods_.size());
  chain.places.resize(pool.size());
  for (size_t i = 0; i < pool.size(); ++i) {
    name_endpoint(chain, pool, i);
  }
}

void MetricCounts::name_endpoint(ChainCounts& chain, const Pool& pool, size_t index) const {
  const EndpointName name = pool.name_of(index);
  const auto is_same = [&](const EndpointCounts& one) {
    return one.provider == name.provider && one.transport == name.transport;
  };
  EndpointCounts fresh;
  fresh.provider = name.provider;
  fresh.transport = name.transport;
  chain.places[index] = place_of(chain.endpoints, is_same, std::move(fresh));
  EndpointCounts& counts = chain.endpoints[chain.places[index]];
  const auto is_provider = [&](const ProviderCounts& one) { return one.name == name.provider; };
  counts.provider_index =
      place_of(chain.providers, is_provider,
               ProviderCounts{counts.provider, std::vector<uint64_t>(methods_.size())});
  const uint32_t tier = pool.endpoint(index).tier;
  const auto is_tier = [tier](const auto& one) { return one.first == tier; };
  counts.tier_index = place_of(chain.tiers, is_tier, {tier, 0});
}

MetricCounts::EndpointCounts* MetricCounts::find(const EndpointName& endpoint) {
  if (endpoint.chain_number >= chains_.size()) {
    return nullptr;
  }
  ChainCounts& chain = chains_[endpoint.chain_number];
  return endpoint.index < chain.places.size() ? &chain.endpoints[chain.places[endpoint.index]]
                                              : nullptr;
}

uint64_t MetricCounts::EndpointCounts::of_kind(AttemptKind kind) const {
  const auto& of = attempts[static_cast<size_t>(kind)];
  return std::accumulate(of.begin(), of.end(), uint64_t{0});
}

uint64_t MetricCounts::ChainCounts::of_kind(AttemptKind kind) const {
  uint64_t count = 0;
  for (const EndpointCounts& endpoint : endpoints) {
    count += endpoint.of_kind(kind);
  }
  return count;
}

void MetricCounts::on_attempt_done(const AttemptReport& report) {
  EndpointCounts* endpoint = find(report.endpoint);
  if (endpoint == nullptr) {
    return;
  }
  const size_t outcome = report.outcome ? static_cast<size_t>(*report.outcome) : kOutcomeCount;
  ++endpoint->attempts[static_cast<size_t>(report.kind)][outcome];
  const bool is_of_call = report.kind != AttemptKind::kProbe && report.kind != AttemptKind::kFeed;
  if (report.outcome && is_of_call) {
    endpoint->seconds.add(report.took);
  }
}

void MetricCounts::on_call_done(const CallReport& report) {
  ChainCounts& chain = chains_[report.chain_number < chains_.size() ? report.chain_number : 0];
  const size_t method = number_of(method_numbers_, report.method, methods_.size() - 1);
  const auto outcome = static_cast<uint8_t>(number_of(outcome_numbers_, report.outcome, 0));
  OutcomeCounts& counts = chain.calls[method];
  const auto is_same = [outcome](const auto& one) { return one.first == outcome; };
  ++counts[place_of(counts, is_same, {outcome, 0})].second;
  if (report.chain_number != 0) {
    chain.seconds.add(report.took);
    chain.overhead.add(report.took - report.upstream);
  }
  const EndpointCounts* answered =
      report.answered_by.chain_number != 0 ? find(report.answered_by) : nullptr;
  if (answered != nullptr) {
    ++chain.providers[answered->provider_index].calls[method];
    ++chain.tiers[answered->tier_index].second;
    chain.hedges_won += report.answered_kind == AttemptKind::kHedge ? 1 : 0;
    chain.failovers += report.failed_over_from.chain_number != 0 ? 1 : 0;
  }
}

void MetricCounts::on_throttled(const EndpointName& endpoint) {
  if (EndpointCounts* counts = find(endpoint)) {
    ++counts->throttles;
  }
}

void MetricCounts::on_feed_event(std::string_view chain, std::string_view feed_kind, EventKind what,
                                 size_t subscriber_count) {
  const auto found = std::find_if(chains_.begin() + 1, chains_.end(),
                                  [chain](const ChainCounts& one) { return one.name == chain; });
  if (found == chains_.end()) {
    return;
  }
  size_t kind = 0;
  while (kind + 1 < kFeedKindCount && feed_kind_name(static_cast<FeedKind>(kind)) != feed_kind) {
    ++kind;
  }
  FeedCounts& counts = found->feeds[kind];
  if (what == EventKind::kGap) {
    ++counts.gaps;
    return;
  }
  ++counts.events[what == EventKind::kReplayed ? 1 : 0];
  counts.deliveries += subscriber_count;
}

void MetricCounts::on_feed_source(const EndpointName& endpoint, SourceChange what) {
  if (EndpointCounts* counts = find(endpoint)) {
    ++counts->source_changes[static_cast<size_t>(what)];
  }
}

}  // namespace sidecar

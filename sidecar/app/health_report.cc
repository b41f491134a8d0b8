#include "app/health_report.h"

#include <algorithm>

#include "rpc/json_writer.h"

namespace sidecar {

namespace {

enum class Serving { kOk, kDegraded, kDown };

std::string_view serving_name(Serving serving) {
  switch (serving) {
    case Serving::kOk:
      return "ok";
    case Serving::kDegraded:
      return "degraded";
    case Serving::kDown:
      return "down";
  }
  return "";
}

/// Somebody never heard of counts when nobody is asked for health: else none would count until the
/// first call.
bool is_usable(const Pool& pool, size_t index) {
  const Endpoint& endpoint = pool.endpoint(index);
  if (pool.provider_of(index).is_drained) {
    return false;
  }
  switch (endpoint.health.state()) {
    case HealthState::kHealthy:
    case HealthState::kDegraded:
      return endpoint.takes_calls;
    case HealthState::kUnknown:
      return endpoint.takes_calls && !pool.health_options().probe.is_on;
    case HealthState::kDown:
    case HealthState::kQuarantined:
    case HealthState::kDisabled:
      return false;
  }
  return false;
}

bool is_well(const Pool& pool, size_t index) {
  return pool.endpoint(index).health.state() == HealthState::kHealthy &&
         !pool.provider_of(index).is_drained;
}

void write_reason(JsonWriter& json, const Pool& pool, size_t index) {
  const Endpoint& endpoint = pool.endpoint(index);
  const Provider& provider = pool.provider_of(index);
  const HealthState state = endpoint.health.state();
  json.begin_object().key("provider").string(provider.name);
  json.key("transport").string(transport_name(endpoint.transport));
  json.key("tier").number(endpoint.tier);
  json.key("state").string(provider.is_drained ? "drained" : health_state_name(state));
  json.key("reason").string(provider.is_drained ? "by_an_administrator"
                            : state == HealthState::kUnknown
                                ? "not_heard_of_yet"
                                : health_event_name(endpoint.health.reason()));
  json.end_object();
}

Serving write_chain(JsonWriter& json, const Pool& pool) {
  size_t usable = 0;
  size_t healthy = 0;
  size_t configured = 0;
  for (size_t i = 0; i < pool.size(); ++i) {
    if (pool.endpoint(i).is_retired()) {
      continue;
    }
    ++configured;
    usable += is_usable(pool, i) ? 1 : 0;
    healthy += is_well(pool, i) ? 1 : 0;
  }
  const Serving serving = usable == 0            ? Serving::kDown
                          : healthy < configured ? Serving::kDegraded
                                                 : Serving::kOk;
  json.begin_object().key("name").string(pool.chain().name);
  json.key("status").string(serving_name(serving));
  json.key("usable").number(usable).key("endpoints").number(configured);
  json.key("reasons").begin_array();
  for (size_t i = 0; i < pool.size(); ++i) {
    if (!is_well(pool, i) && !pool.endpoint(i).is_retired()) {
      write_reason(json, pool, i);
    }
  }
  json.end_array().end_object();
  return serving;
}

}  // namespace

HealthReport health_report(const std::vector<std::unique_ptr<Pool>>& pools,
                           std::string_view chain) {
  Serving worst = Serving::kOk;
  std::string chains;
  JsonWriter json(chains);
  json.begin_array();
  for (const auto& pool : pools) {
    if (chain.empty() || pool->chain().name == chain) {
      worst = std::max(worst, write_chain(json, *pool));
    }
  }
  json.end_array();
  HealthReport report{worst != Serving::kDown, {}};
  JsonWriter whole(report.json);
  whole.begin_object().key("status").string(serving_name(worst));
  whole.key("chains").raw(chains).end_object();
  report.json += '\n';
  return report;
}

}  // namespace sidecar

#pragma once

#include <memory>
#include <vector>

namespace sidecar {

class Dispatcher;
class Listener;
class Loop;
class Metrics;
class Pool;
class SessionTable;
class SubscriptionHub;
class Telemetry;

/// What metrics are read off, at the moment when somebody asks.
struct MetricHouse {
  const Loop& loop;
  const std::vector<std::unique_ptr<Pool>>& pools;
  const Dispatcher& dispatcher;
  const SubscriptionHub& hub;
  const SessionTable& sessions;
  const Listener& listener;
  const Telemetry& telemetry;
};

/// Lets the state of pools, sessions, feeds and the process be shown. Requires: the house outlives
/// `metrics`.
void show_house(const MetricHouse& house, Metrics& metrics);

}  // namespace sidecar

#include "app/house_metrics.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "app/metrics.h"
#include "app/process_figures.h"
#include "app/telemetry.h"
#include "app/version.h"
#include "base/log.h"
#include "core/dispatcher.h"
#include "core/hub.h"
#include "core/pool.h"
#include "downstream/listener.h"
#include "downstream/session.h"
#include "net/loop.h"

namespace sidecar {

namespace {

using Pools = std::vector<std::unique_ptr<Pool>>;
using ShowPool = std::function<void(Samples& out, Pool& pool)>;
using ShowEndpoint = std::function<void(Samples& out, Pool& pool, size_t index)>;

double seconds(Nanos span) {
  return std::chrono::duration<double>(span).count();
}

void by_pool(const Pools& pools, Metrics& metrics, Metric metric, ShowPool show) {
  metrics.set(
      metric, [&pools]() { return pools.size(); },
      [&pools, show = std::move(show)](Samples& out, size_t part) { show(out, *pools[part]); });
}

void by_endpoint(const Pools& pools, Metrics& metrics, Metric metric, ShowEndpoint show) {
  by_pool(pools, metrics, metric, [show = std::move(show)](Samples& out, Pool& pool) {
    for (size_t i = 0; i < pool.size(); ++i) {
      if (pool.endpoint(i).is_retired()) {
        continue;
      }
      const EndpointName name = pool.name_of(i);
      out.within({name.chain, name.provider, name.transport});
      show(out, pool, i);
    }
  });
}

/// Once for each provider, by an endpoint of it.
void by_provider(const Pools& pools, Metrics& metrics, Metric metric, ShowEndpoint show) {
  by_pool(pools, metrics, metric, [show = std::move(show)](Samples& out, Pool& pool) {
    for (size_t i = 0; i < pool.size(); ++i) {
      const size_t provider = pool.endpoint(i).provider;
      bool is_first = !pool.endpoint(i).is_retired();
      for (size_t before = 0; before < i && is_first; ++before) {
        const Endpoint& one = pool.endpoint(before);
        is_first = one.provider != provider || one.is_retired();
      }
      if (is_first) {
        out.within({pool.chain().name, pool.provider_of(i).name});
        show(out, pool, i);
      }
    }
  });
}

/// 1 beside the present one of all names, 0 beside the others.
void show_state(Samples& out, Label label, std::string_view present) {
  for (const std::string_view name : label_values(label)) {
    out.add({name}, uint64_t{name == present ? 1u : 0u});
  }
}

bool is_up(const Pool& pool, size_t index, Instant now) {
  const Endpoint& endpoint = pool.endpoint(index);
  return !pool.provider_of(index).is_drained && endpoint.health.may_be_asked() &&
         endpoint.breaker.state(now) == BreakerState::kClosed &&
         pool.provider_of(index).cooldown.is_over(now);
}

void show_states(const MetricHouse& house, Metrics& metrics) {
  const Loop& loop = house.loop;
  by_endpoint(house.pools, metrics, Metric::kEndpointHealth,
              [](Samples& out, Pool& pool, size_t index) {
                show_state(out, Label::kHealthState,
                           health_state_name(pool.endpoint(index).health.state()));
              });
  by_endpoint(house.pools, metrics, Metric::kEndpointUp,
              [&loop](Samples& out, Pool& pool, size_t index) {
                const Endpoint& endpoint = pool.endpoint(index);
                if (endpoint.takes_calls) {
                  out.add({std::to_string(endpoint.tier)},
                          uint64_t{is_up(pool, index, loop.now()) ? 1u : 0u});
                }
              });
  by_endpoint(house.pools, metrics, Metric::kBreakerState,
              [&loop](Samples& out, Pool& pool, size_t index) {
                const BreakerState state = pool.endpoint(index).breaker.state(loop.now());
                show_state(out, Label::kBreakerState, breaker_state_name(state));
              });
  by_provider(house.pools, metrics, Metric::kCooldownSeconds,
              [&loop](Samples& out, Pool& pool, size_t index) {
                const Cooldown& cooldown = pool.provider_of(index).cooldown;
                const Instant now = loop.now();
                out.add({}, cooldown.is_over(now) ? 0.0 : seconds(cooldown.until() - now));
              });
}

void show_heads(const MetricHouse& house, Metrics& metrics) {
  const Loop& loop = house.loop;
  by_endpoint(house.pools, metrics, Metric::kHeadBlock,
              [&loop](Samples& out, Pool& pool, size_t index) {
                if (const auto number = pool.heads().view(index, loop.now()).number) {
                  out.add({}, *number);
                }
              });
  by_endpoint(house.pools, metrics, Metric::kHeadLagBlocks,
              [&loop](Samples& out, Pool& pool, size_t index) {
                if (const auto lag = pool.heads().view(index, loop.now()).lag_blocks) {
                  out.add({}, *lag);
                }
              });
  by_endpoint(house.pools, metrics, Metric::kHeadLagSeconds,
              [&loop](Samples& out, Pool& pool, size_t index) {
                const HeadView head = pool.heads().view(index, loop.now());
                if (head.number) {
                  out.add({}, seconds(head.lag_time));
                }
              });
  by_pool(house.pools, metrics, Metric::kChainHeadBlock, [](Samples& out, Pool& pool) {
    if (const auto head = pool.heads().pool_head()) {
      out.add({pool.chain().name}, *head);
    }
  });
}

struct Window {
  std::string_view name;
  std::optional<uint64_t> left;
  uint64_t bound;
};

std::array<Window, 4> windows(Pool& pool, size_t index) {
  const Budget::Left left = pool.budget_left(index);
  const BudgetOptions& of = pool.provider_of(index).terms.budget;
  return {{{"second", left.second, of.burst != 0 ? of.burst : of.per_second},
           {"ten_seconds", left.ten_seconds, of.per_10s},
           {"day", left.day, of.per_day},
           {"month", left.month, of.per_month}}};
}

void show_budgets(const MetricHouse& house, Metrics& metrics) {
  by_provider(house.pools, metrics, Metric::kBudgetLeftRatio,
              [](Samples& out, Pool& pool, size_t index) {
                for (const Window& window : windows(pool, index)) {
                  if (window.left && window.bound > 0) {
                    out.add({window.name},
                            static_cast<double>(*window.left) / static_cast<double>(window.bound));
                  }
                }
              });
  by_provider(house.pools, metrics, Metric::kBudgetLeftUnits,
              [](Samples& out, Pool& pool, size_t index) {
                for (const Window& window : windows(pool, index)) {
                  if (window.left) {
                    out.add({window.name}, *window.left);
                  }
                }
              });
}

void show_sessions(const MetricHouse& house, Metrics& metrics) {
  const Listener& listener = house.listener;
  const Telemetry& telemetry = house.telemetry;
  metrics.set(Metric::kSessions, [&listener](Samples& out) {
    const Listener::SessionCounts counts = listener.session_counts();
    out.add({"framed"}, uint64_t{counts.framed});
    out.add({"json_ipc"}, uint64_t{counts.json_ipc});
    out.add({"http"}, uint64_t{counts.http});
    out.add({"ws"}, uint64_t{counts.ws});
  });
  metrics.set(Metric::kSessionsTotal, [&listener, &telemetry](Samples& out) {
    out.add({"framed"}, telemetry.count_of("session", "framed"));
    out.add({"json_ipc"}, telemetry.count_of("session", "json_ipc"));
    out.add({"http"},
            telemetry.count_of("session", "http_unix") + telemetry.count_of("session", "http_tcp"));
    out.add({"ws"}, listener.sockets_opened());
    out.add({"unknown"}, telemetry.count_of("session", "unknown_dialect"));
  });
  metrics.set(Metric::kSessionsEnded, [&telemetry](Samples& out) {
    for (const std::string_view reason : label_values(Label::kEndReason)) {
      out.add({reason}, telemetry.count_of("end", reason));
    }
  });
  metrics.set(Metric::kSubscriptions, [&listener](Samples& out) {
    out.add({"framed"}, uint64_t{listener.subscription_count(SessionDialect::kFramed)});
    out.add({"json_ipc"}, uint64_t{listener.subscription_count(SessionDialect::kJsonIpc)});
    out.add({"ws"}, uint64_t{listener.subscription_count(SessionDialect::kWs)});
  });
  metrics.set(Metric::kLimitsHit, [&telemetry](Samples& out) {
    std::vector<std::string_view> names = label_values(Label::kLimit);
    names.pop_back();  // `other`: all that is not of them
    for (const std::string_view name : names) {
      out.add({name}, telemetry.count_of("limit", name));
    }
    out.add({"other"}, telemetry.count_of_others("limit", names));
  });
  metrics.set(Metric::kSlowConsumers, [&telemetry](Samples& out) {
    out.add({}, telemetry.count_of("limit", "event_queue_bytes") +
                    telemetry.count_of("limit", "output_queue_bytes_max"));
  });
  metrics.set(Metric::kSessionUnreadBytes,
              [&loop = house.loop](Samples& out) { out.add({}, uint64_t{loop.output_bytes()}); });
  metrics.set(Metric::kEventForms,
              [&sessions = house.sessions](Samples& out) { out.add({}, sessions.forms_made()); });
}

void show_work(const MetricHouse& house, Metrics& metrics) {
  const Dispatcher& dispatcher = house.dispatcher;
  const Pools& pools = house.pools;
  metrics.set(Metric::kCallsInFlight,
              [&dispatcher](Samples& out) { out.add({}, uint64_t{dispatcher.calls_in_flight()}); });
  metrics.set(Metric::kAttemptsInFlight, [&dispatcher](Samples& out) {
    out.add({}, uint64_t{dispatcher.attempts_in_flight()});
  });
  metrics.set(Metric::kCallsWaiting, [&dispatcher, &pools](Samples& out) {
    for (size_t i = 0; i < pools.size(); ++i) {
      out.add({pools[i]->chain().name}, uint64_t{dispatcher.calls_waiting(i)});
    }
  });
  const auto show_feeds = [&](Metric metric, auto count_of) {
    metrics.set(metric, [&hub = house.hub, &pools, count_of](Samples& out) {
      std::vector<uint64_t> counts(pools.size());
      hub.for_each_feed([&](const Feed& feed) {
        const size_t chain = feed.pool().chain().number;
        counts.at(chain - 1) += count_of(feed);
      });
      for (size_t i = 0; i < pools.size(); ++i) {
        out.add({pools[i]->chain().name}, counts[i]);
      }
    });
  };
  show_feeds(Metric::kFeeds, [](const Feed&) { return uint64_t{1}; });
  show_feeds(Metric::kFeedSources, [](const Feed& feed) { return uint64_t{feed.source_count()}; });
}

void show_process(const MetricHouse& house, Metrics& metrics) {
  const Loop& loop = house.loop;
  metrics.set(Metric::kLoopLagSeconds, [&loop](Samples& out) { out.add({}, loop.turns()); });
  metrics.set(Metric::kLoopTurns, [&loop](Samples& out) { out.add({}, loop.turns().count()); });
  metrics.set(Metric::kBuildInfo, [](Samples& out) { out.add({kVersion}, uint64_t{1}); });
  metrics.set(Metric::kStartTimeSeconds,
              [started = loop.unix_now()](Samples& out) { out.add({}, seconds(started)); });
  const Telemetry& telemetry = house.telemetry;
  metrics.set(Metric::kConfigReloads, [&telemetry](Samples& out) {
    for (const std::string_view result : label_values(Label::kReloadResult)) {
      out.add({result}, telemetry.count_of("config_reload", result));
    }
  });
  metrics.set(Metric::kConfigLastReloadSuccess, [&telemetry](Samples& out) {
    out.add({}, uint64_t{telemetry.is_config_good() ? 1u : 0u});
  });
  metrics.set(Metric::kLogDropped, [](Samples& out) { out.add({}, log::dropped()); });
  const auto show_figure = [&metrics](Metric metric, auto figure) {
    metrics.set(metric, [figure](Samples& out) {
      if (const std::optional<uint64_t> value = figure(process_figures())) {
        out.add({}, *value);
      }
    });
  };
  show_figure(Metric::kProcessResidentMemoryBytes,
              [](const ProcessFigures& figures) { return figures.resident_bytes; });
  show_figure(Metric::kProcessOpenFds,
              [](const ProcessFigures& figures) { return figures.open_fds; });
  show_figure(Metric::kProcessMaxFds,
              [](const ProcessFigures& figures) { return figures.fds_max; });
  metrics.set(Metric::kProcessCpuSeconds,
              [](Samples& out) { out.add({}, seconds(process_figures().processor_time)); });
}

}  // namespace

void show_house(const MetricHouse& house, Metrics& metrics) {
  show_states(house, metrics);
  show_heads(house, metrics);
  show_budgets(house, metrics);
  show_sessions(house, metrics);
  show_work(house, metrics);
  show_process(house, metrics);
}

}  // namespace sidecar

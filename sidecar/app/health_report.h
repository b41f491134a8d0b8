#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/pool.h"

namespace sidecar {

/// Can it do its work? For load balancers and people.
///   ok: every endpoint is healthy. degraded: calls are served, but not all is well.
///   down: a chain has nobody who can be asked.
struct HealthReport {
  bool is_serving = true;  ///< ok or degraded
  std::string json;        ///< the state of each chain, and of each endpoint that is not healthy
};

/// `chain`: of this one only; empty = of all.
HealthReport health_report(const std::vector<std::unique_ptr<Pool>>& pools, std::string_view chain);

}  // namespace sidecar

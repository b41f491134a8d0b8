#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ports.h"
#include "core/types.h"
#include "policy/balancer.h"

namespace sidecar {

/// One URL of a provider, as the core knows it: by name, never by address.
struct Endpoint {
  std::string provider;
  uint32_t tier = 1;
  uint32_t weight = 100;
  Millis timeout{5'000};
  UpstreamPort* port = nullptr;  ///< outlives the pool
};

/// The endpoints of one chain and the balancer that chooses among them.
/// Owner: Dispatcher, by value.
class Pool {
 public:
  Pool(ChainInfo chain, std::vector<Endpoint> endpoints, std::unique_ptr<Balancer> balancer)
      : chain_(std::move(chain)),
        endpoints_(std::move(endpoints)),
        balancer_(std::move(balancer)),
        candidates_(endpoints_.size()) {
    for (size_t i = 0; i < endpoints_.size(); ++i) {
      candidates_[i] = {endpoints_[i].tier, endpoints_[i].weight, false};
    }
  }

  /// An endpoint whose index is not in `tried`; none when all were.
  std::optional<size_t> pick(const std::vector<size_t>& tried) {
    for (const size_t i : tried) {
      candidates_[i].is_tried = true;
    }
    const auto picked = balancer_->pick(candidates_);
    for (const size_t i : tried) {
      candidates_[i].is_tried = false;
    }
    return picked;
  }

  const ChainInfo& chain() const { return chain_; }
  const Endpoint& endpoint(size_t index) const { return endpoints_[index]; }
  bool empty() const { return endpoints_.empty(); }

 private:
  ChainInfo chain_;
  std::vector<Endpoint> endpoints_;
  std::unique_ptr<Balancer> balancer_;
  std::vector<Candidate> candidates_;
};

}  // namespace sidecar

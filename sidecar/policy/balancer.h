#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace sidecar {

/// What a balancer may know of one endpoint.
struct Candidate {
  uint32_t tier = 1;      ///< lower is asked first
  uint32_t weight = 100;  ///< share inside the tier
  bool is_tried = false;  ///< this call has been there already
};

/// Chooses the endpoint of one attempt. One file per strategy.
class Balancer {
 public:
  virtual ~Balancer() = default;
  /// Index into `candidates` of one that is not tried, of the lowest tier that has one; else none.
  virtual std::optional<size_t> pick(std::span<const Candidate> candidates) = 0;
};

}  // namespace sidecar

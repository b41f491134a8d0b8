#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/choice.h"
#include "core/ports.h"
#include "policy/outcome.h"

namespace sidecar {

/// The lettered steps of one call, for who asked for them. Kept only for such calls.
/// Letters as in ARCHITECTURE.md: (c) admitted, (e) where, (f) again or beside, (g) attempt
/// started, (h) attempt ended, (i) reply. Limits: kStepsMax steps; later ones are counted only.
class Explanation {
 public:
  static constexpr size_t kStepsMax = 200;

  /// One endpoint that was looked at in a step (e).
  struct Considered {
    std::string_view provider;
    std::string_view transport;
    uint32_t tier = 1;
    std::string_view state;
    PassedOver why = PassedOver::kNothing;
  };

  explicit Explanation(Instant started) : started_(started) {}

  void add(char letter, Instant now, std::string_view text);
  void add_started(Instant now, AttemptKind kind, const EndpointName& endpoint, Millis timeout);
  /// `http_status` 0: none came.
  void add_ended(Instant now, const EndpointName& endpoint, Outcome outcome, int http_status,
                 Nanos took);
  void add_considered(Instant now, const std::vector<Considered>& endpoints);
  /// The whole as a JSON object; `member` ("result" or "error") holds `body` as it came.
  std::string json(std::string_view chain, std::string_view method, std::string_view member,
                   std::string_view body, Instant now) const;

 private:
  bool has_room();

  Instant started_;
  std::vector<std::string> steps_;  ///< JSON objects
  size_t dropped_count_ = 0;
};

}  // namespace sidecar

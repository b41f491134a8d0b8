#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/time.h"

namespace sidecar {

/// What one worker may have and do at once. 0 = no bound.
struct QuotaOptions {
  uint32_t rate = 0;               ///< calls a second
  uint32_t burst = 0;              ///< calls at once after a quiet time; 0 = as many as `rate`
  uint32_t inflight_max = 0;       ///< open calls
  uint32_t subscriptions_max = 0;  ///< open subscriptions
};

/// What one user's sessions together may have and do at once: a token bucket for what begins, and
/// counts of what is open.
/// Limits: in any stretch of t seconds no more than burst + rate * t begin. What is refused takes
/// no token, so a worker that pauses as told gets through. Owner: app, one a user; outlives its
/// places. Errors: none; a clock that goes back counts as no time passed.
class Quota {
 public:
  enum class Kind : uint8_t { kCall, kSubscription };

  /// An open call's or subscription's place; leaves it when destroyed.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept : of_(std::exchange(other.of_, nullptr)), kind_(other.kind_) {}
    Place& operator=(Place&& other) noexcept {
      if (this != &other) {
        leave();
        of_ = std::exchange(other.of_, nullptr);
        kind_ = other.kind_;
      }
      return *this;
    }
    ~Place() { leave(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    friend class Quota;
    void leave();

    Quota* of_ = nullptr;
    Kind kind_ = Kind::kCall;
  };

  struct Refusal {
    std::string_view limit;  ///< the option's name
    Millis retry_after{0};   ///< when it is worth asking again, rounded up
  };

  explicit Quota(const QuotaOptions& options) : options_(options) {}
  Quota(const Quota&) = delete;
  Quota& operator=(const Quota&) = delete;

  /// `place` is the newcomer's when nothing is returned. A subscription is a call, too, as far as
  /// the rate goes.
  std::optional<Refusal> enter(Kind kind, Instant now, Place& place);
  /// From now on; what is open stays.
  void set_options(const QuotaOptions& options) { options_ = options; }

  uint32_t inflight_count() const { return open_[0]; }
  uint32_t subscription_count() const { return open_[1]; }

 private:
  /// How long until a token is there; 0 = now.
  Nanos wait(Instant now) const;

  QuotaOptions options_;
  uint32_t open_[2] = {0, 0};         ///< by Kind
  Instant full_at_ = Instant::min();  ///< when the bucket will be full again
};

}  // namespace sidecar

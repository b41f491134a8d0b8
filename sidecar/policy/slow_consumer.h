#pragma once

#include <cstddef>
#include <optional>

#include "base/time.h"

namespace sidecar {

struct SlowConsumerOptions {
  size_t soft_bytes = 2u << 20;  ///< more than this unread for soft_time is an overflow
  Millis soft_time{10'000};
  size_t hard_bytes = 8u << 20;       ///< more than this is one at once
  size_t all_bytes_max = 128u << 20;  ///< of all sessions; over it, more than share_bytes is one
  size_t share_bytes = 64u << 10;
};

/// Does a worker read its events? Decides before each event what becomes of it.
/// Owner: a session, by value.
class SlowConsumer {
 public:
  enum class Room {
    kSend,
    kFull,      ///< over the soft bound: who wants only the newest gets it when there is room
    kOverflow,  ///< it does not read: its session is to end
  };

  explicit SlowConsumer(const SlowConsumerOptions& options) : options_(options) {}

  /// `queued_bytes`: what the session has not read yet; `all_bytes`: what all have not; `clock`:
  /// its now() is asked only about one that does not keep up.
  template <class Clock>
  Room on_event(size_t queued_bytes, size_t all_bytes, const Clock& clock) {
    if (all_bytes > options_.all_bytes_max && queued_bytes > options_.share_bytes) {
      return Room::kOverflow;
    }
    if (queued_bytes <= options_.soft_bytes) {
      over_since_.reset();
      return Room::kSend;
    }
    const Instant now = clock.now();
    if (!over_since_) {
      over_since_ = now;
    }
    const bool is_overflow =
        queued_bytes > options_.hard_bytes || now - *over_since_ >= options_.soft_time;
    return is_overflow ? Room::kOverflow : Room::kFull;
  }

 private:
  SlowConsumerOptions options_;
  std::optional<Instant> over_since_;
};

}  // namespace sidecar

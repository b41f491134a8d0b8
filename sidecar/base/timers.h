#pragma once

#include <functional>
#include <memory>

#include "base/time.h"

namespace sidecar {

/// Makes timers and tells the time: the loop in production, virtual time in tests.
class Timers : public Clock {
 public:
  virtual std::unique_ptr<Timer> make_timer(std::function<void()> on_due) = 0;
};

}  // namespace sidecar

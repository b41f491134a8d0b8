#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "net/loop.h"

namespace sidecar {

/// Tells of signals as loop events. Owner: main; destroying it gives the signals back.
class Signals {
 public:
  using OnSignal = std::function<void(int signal)>;
  Signals(Loop& loop, const std::vector<int>& signals, OnSignal on_signal);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct Handles;
  Handles* handles_;
};

}  // namespace sidecar

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/types.h"

namespace sidecar::testing {

/// One call of a simulated worker, from its own point of view.
struct SimCall {
  enum class Class : uint8_t { kSafe, kTx, kUnsafe };
  enum class State : uint8_t { kOpen, kAnswered, kCancelled };

  uint64_t number = 0;  ///< also its token, and the mark in its params
  SessionId session = 0;
  size_t pool = 0;
  CallId id = 0;
  std::string method;
  std::string params;
  Class method_class = Class::kSafe;
  std::string expected;  ///< the only result it may get; empty = several are right
  Instant submitted;
  Instant deadline;
  bool is_plain = false;      ///< asks nothing special: whoever is well can answer it in time
  bool is_head_told = false;  ///< its result is a head that must not go back
  bool is_explained = false;
  bool has_parts = false;
  bool is_result = false;  ///< was answered with one
  State state = State::kOpen;
};

/// All calls of a run, by number. Owner: Simulation.
class SimCalls {
 public:
  /// The reference lives until the next add.
  SimCall& add() {
    calls_.emplace_back();
    calls_.back().number = calls_.size();
    ++open_count_;
    return calls_.back();
  }
  SimCall* find(uint64_t number) {
    return number == 0 || number > calls_.size() ? nullptr : &calls_[number - 1];
  }
  void close(SimCall& call, SimCall::State how) {
    call.state = how;
    --open_count_;
  }
  size_t open_count() const { return open_count_; }
  const std::vector<SimCall>& all() const { return calls_; }

 private:
  std::vector<SimCall> calls_;
  size_t open_count_ = 0;
};

}  // namespace sidecar::testing

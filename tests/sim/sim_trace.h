#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "tests/sim/sim_time.h"

namespace sidecar::testing {

/// All that happened in one run: always as a hash, and as text when somebody reads along. Broken
/// invariants are kept by their number (sim_checks.h).
/// Limits: kBrokenMax broken ones are kept, later ones are counted only.
class SimTrace {
 public:
  static constexpr size_t kBrokenMax = 8;

  /// `out`: where lines go; null = nowhere.
  SimTrace(const SimTime& time, std::FILE* out) : time_(time), out_(out) {}

  void note(std::string_view what, std::string_view who, uint64_t id, std::string_view how = "") {
    mix(static_cast<uint64_t>(time_.now().time_since_epoch().count()));
    mix(what);
    mix(who);
    mix(id);
    mix(how);
    if (out_ != nullptr) {
      std::fprintf(out_, "%11.3f  %-10.*s %-12.*s %5llu  %.*s\n", milliseconds(),
                   static_cast<int>(what.size()), what.data(), static_cast<int>(who.size()),
                   who.data(), static_cast<unsigned long long>(id), static_cast<int>(how.size()),
                   how.data());
    }
  }
  /// An invariant does not hold.
  void broken(int invariant, const std::string& how) {
    ++broken_count_;
    note("BROKEN", "", static_cast<uint64_t>(invariant), how);
    if (broken_.size() < kBrokenMax) {
      char place[64];
      std::snprintf(place, sizeof(place), "invariant %d, at %.3f ms: ", invariant, milliseconds());
      broken_.push_back(place + how);
    }
  }

  uint64_t hash() const { return hash_; }
  uint64_t broken_count() const { return broken_count_; }
  const std::vector<std::string>& broken_list() const { return broken_; }

 private:
  double milliseconds() const {
    return std::chrono::duration<double, std::milli>(time_.now() - SimTime::kStart).count();
  }
  void mix(uint64_t value) {
    hash_ = (hash_ ^ value) * 0x9e3779b97f4a7c15u;
    hash_ ^= hash_ >> 29;
  }
  void mix(std::string_view text) {
    for (const char c : text) {
      hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
    mix(text.size());
  }

  const SimTime& time_;
  std::FILE* out_;
  uint64_t hash_ = 0xcbf29ce484222325u;
  uint64_t broken_count_ = 0;
  std::vector<std::string> broken_;
};

}  // namespace sidecar::testing

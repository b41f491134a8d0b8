#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/event_stream.h"

namespace sidecar::testing {

/// Keeps what a stream makes of its input. The test answers what is asked, by the stream's
/// on_answer().
class FakeStreamOut final : public StreamOut {
 public:
  struct Delivered {
    std::string value;
    EventKind kind;
  };
  struct Gap {
    GapReason reason;
    std::string members;
    size_t after;  ///< so many events had been delivered before it
  };
  struct Asked {
    std::string method;
    std::string params;
  };

  void deliver(std::string_view value, EventKind kind) override {
    events.push_back({std::string(value), kind});
  }
  void gap(GapReason reason, std::string_view members) override {
    gaps.push_back({reason, std::string(members), events.size()});
  }
  void ask(std::string_view method, const std::string& params) override {
    asked.push_back({std::string(method), params});
  }
  void deliver_last(std::string_view value, EventKind kind) override {
    deliver(value, kind);
    ++finish_count;
  }
  void on_caught_up() override { ++caught_up_count; }
  void on_doubt() override { ++doubt_count; }

  /// The values of all events, one a line.
  std::string text() const {
    std::string lines;
    for (const Delivered& event : events) {
      lines += event.value + "\n";
    }
    return lines;
  }
  /// One letter an event: L live, R replayed.
  std::string kinds() const {
    std::string letters;
    for (const Delivered& event : events) {
      letters += event.kind == EventKind::kLive ? 'L' : 'R';
    }
    return letters;
  }
  /// `method params` of the question asked last; empty = none yet.
  std::string question() const {
    return asked.empty() ? std::string() : asked.back().method + " " + asked.back().params;
  }

  std::vector<Delivered> events;
  std::vector<Gap> gaps;
  std::vector<Asked> asked;
  size_t finish_count = 0;
  size_t caught_up_count = 0;
  size_t doubt_count = 0;
};

}  // namespace sidecar::testing

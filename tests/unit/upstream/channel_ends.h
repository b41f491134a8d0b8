#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/ports.h"

namespace sidecar::testing {

/// Writes down how attempts ended.
struct Ends final : AttemptSink {
  Flow on_attempt_part(AttemptId, std::string_view) override { return Flow::kOk; }
  void on_attempt_done(AttemptId attempt, const AttemptResult& result) override {
    outcomes[attempt] = result.outcome;
    sent[attempt] = result.sent;
    bodies[attempt] = result.body;
    statuses[attempt] = result.http_status;
    pauses[attempt] = result.retry_after.value_or(Millis(-1));
  }
  std::map<AttemptId, Outcome> outcomes;
  std::map<AttemptId, Sent> sent;
  std::map<AttemptId, std::string> bodies;
  std::map<AttemptId, int> statuses;
  std::map<AttemptId, Millis> pauses;  ///< -1 = none asked for
};

/// Writes down what feeds told, in order: `open 1`, `event 1 {...}`, `lost 1 rpc_error {...}`.
struct FeedEnds final : FeedSink {
  void on_feed_open(SourceId source) override {
    told.push_back("open " + std::to_string(source));
    if (on_open) {
      on_open(source);
    }
  }
  void on_feed_event(SourceId source, std::string_view value) override {
    told.push_back("event " + std::to_string(source) + " " + std::string(value));
  }
  void on_feed_lost(SourceId source, const AttemptResult& why) override {
    told.push_back("lost " + std::to_string(source) + " " +
                   std::string(outcome_row(why.outcome).name) +
                   (why.body.empty() ? "" : " " + std::string(why.body)));
    if (on_lost) {
      on_lost(source);
    }
  }
  std::vector<std::string> told;
  std::function<void(SourceId)> on_open;
  std::function<void(SourceId)> on_lost;
};

using Told = std::vector<std::string>;

}  // namespace sidecar::testing

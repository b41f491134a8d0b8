#pragma once

#include <string_view>

#include "core/event_stream.h"
#include "core/recent_set.h"
#include "rpc/subscription_request.h"

namespace sidecar {

/// voteSubscribe and slotsUpdatesSubscribe: events that nobody keeps, each once. A source without
/// overlap with the one before leaves a gap. Of slotsUpdates the same step of the same slot is the
/// same event, whenever its node saw it.
/// Limits: seen_max events are remembered. Owner: Feed.
class SvmPassingStream final : public EventStream {
 public:
  SvmPassingStream(FeedKind kind, const StreamOptions& options, StreamOut& out)
      : EventStream(options, out),
        is_timed_(kind == FeedKind::kSlotsUpdates),
        seen_(options.seen_max) {}

 private:
  void begin_catch_up() override;
  void take(std::string_view value) override;
  void take_answer(std::string_view) override { caught_up(); }  // nothing is asked
  void take_gap(GapReason reason) override;

  bool is_timed_;
  bool is_begun_ = false;
  RecentSet seen_;
};

}  // namespace sidecar

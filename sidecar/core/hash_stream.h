#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/event_stream.h"
#include "core/recent_set.h"

namespace sidecar {

/// Pending transactions of an EVM node, as hashes or whole: each once. No node keeps what was
/// pending, so a source without overlap with the one before leaves a gap. Polled, it reads a
/// pending transaction filter of the node. Limits: seen_max hashes are remembered. Owner: Feed.
class HashStream final : public EventStream {
 public:
  HashStream(const StreamOptions& options, StreamOut& out)
      : EventStream(options, out), seen_(options.seen_max) {}

 private:
  void begin_catch_up() override;
  void take(std::string_view value) override;
  void take_answer(std::string_view result) override;
  void take_gap(GapReason reason) override { out_.gap(reason, ""); }
  void drop_question() override { filter_.clear(); }

  RecentSet seen_;
  bool is_begun_ = false;
  std::string filter_;  ///< the id's lexeme; empty = none yet
};

}  // namespace sidecar

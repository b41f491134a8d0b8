#pragma once

#include <string>
#include <string_view>

#include "core/event_stream.h"

namespace sidecar {

/// Whether the source's node syncs: told when it changes. Another source's state that differs is a
/// change too. An answer of eth_syncing is told in the words of the event, which differ.
/// Owner: Feed. Source: geth eth/api, its subscription and its call.
class SyncingStream final : public EventStream {
 public:
  SyncingStream(const StreamOptions& options, StreamOut& out) : EventStream(options, out) {}

 private:
  void begin_catch_up() override { ask("eth_syncing", "[]"); }
  void take(std::string_view value) override;
  void take_answer(std::string_view result) override;
  void take_gap(GapReason) override {}  // the next state says all there is to say

  std::string last_;
};

}  // namespace sidecar

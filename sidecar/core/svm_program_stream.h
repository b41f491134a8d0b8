#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/event_stream.h"
#include "core/svm_slot_memory.h"
#include "core/svm_stream_params.h"

namespace sidecar {

/// programSubscribe: the states of a program's accounts, each once.
///
///   catch_up ─▶ getProgramAccounts ─▶ those that differ from what is known are the events
/// An account that leaves the program, or its filters, has no event; none is made up for it.
/// Limits: seen_max accounts are known, and as many events are remembered. A program with more, or
/// one that no node would list, cannot be filled: a source change is a gap. Owner: Feed.
class SvmProgramStream final : public EventStream {
 public:
  SvmProgramStream(std::string_view params, const StreamOptions& options, StreamOut& out)
      : EventStream(options, out), params_(params), seen_(options.seen_max) {}

 private:
  /// An account's newest state known.
  struct Known {
    uint64_t slot;
    uint64_t digest;
  };
  using Accounts = std::unordered_map<std::string, Known>;

  void begin_catch_up() override;
  void take(std::string_view value) override;
  void take_answer(std::string_view result) override;
  void take_gap(GapReason reason) override;

  bool take_account(uint64_t slot, std::string_view row, bool is_first, Accounts& listed);
  bool add_event(uint64_t slot, std::string_view pubkey, uint64_t digest);
  void become_unfillable();

  SvmStreamParams params_;
  SvmSlotMemory seen_;
  Accounts known_;
  bool is_begun_ = false;
  bool is_fillable_ = true;
  uint64_t last_slot_ = 0;
  uint64_t answered_slot_ = 0;  ///< so far a list has told the states
};

}  // namespace sidecar

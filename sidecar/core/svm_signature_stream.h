#pragma once

#include <cstdint>
#include <string_view>

#include "core/event_stream.h"
#include "core/svm_stream_params.h"

namespace sidecar {

/// signatureSubscribe: the one event that a transaction has reached the commitment, and the end.
///
///   catch_up, the first one too ─▶ getSignatureStatuses ─ there already ▶ that is the event
/// A node tells nothing of what came before its subscription, so each new one is asked.
/// "receivedSignature" (enableReceivedNotification) is passed on once and ends nothing.
/// Owner: Feed.
class SvmSignatureStream final : public EventStream {
 public:
  SvmSignatureStream(std::string_view params, const StreamOptions& options, StreamOut& out)
      : EventStream(options, out), params_(params) {}

 private:
  void begin_catch_up() override;
  void take(std::string_view value) override;
  void take_answer(std::string_view result) override;
  void take_gap(GapReason reason) override;

  SvmStreamParams params_;
  bool is_begun_ = false;
  bool is_received_ = false;  ///< told
  bool is_over_ = false;
};

}  // namespace sidecar

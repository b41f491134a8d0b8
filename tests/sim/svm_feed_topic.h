#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/sim/svm_feed_chain.h"

namespace sidecar::testing {

enum class SvmFeedKind : uint8_t {
  kLogs,     ///< that mention the account
  kAllLogs,  ///< of every transaction: nobody can be asked for them
  kAccount,
  kProgram,
  kSignature,
  kSlot,
  kRoot,
  kBlock,
};

/// What may be subscribed to, and how it is written.
struct SvmFeedTopic {
  SvmFeedKind kind = SvmFeedKind::kSlot;
  SvmLevel level = SvmLevel::kProcessed;
  size_t account = 0;
  std::string signature;

  std::string method() const;
  /// As the hub writes it too.
  std::string params() const;
  /// Can all that was missed be asked for?
  bool is_fillable() const { return kind != SvmFeedKind::kAllLogs && kind != SvmFeedKind::kSlot; }

  static SvmFeedTopic parse(std::string_view method, std::string_view params);
};

}  // namespace sidecar::testing

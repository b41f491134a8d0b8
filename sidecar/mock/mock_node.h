#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "mock/evm_methods.h"
#include "mock/method_reply.h"
#include "mock/mock_faults.h"
#include "mock/mock_options.h"
#include "mock/svm_methods.h"

namespace sidecar {

/// The made-up node of either family, with the faults that nodes have: behind, stuck, on a branch,
/// of another chain, without its newest blocks, not in step.
/// A node that is behind or stuck answers as the sound one did back then; what is sent to an EVM
/// one goes into the block after the true head all the same.
/// Units: `now` is time since the Unix epoch.  Owner: MockCalls, by value.
class MockNode {
 public:
  static constexpr Millis kEvmBlockTime{12'000};
  static constexpr Millis kSvmSlotTime{400};

  MockNode(const MockOptions& options, Millis genesis_unix);

  /// `params` is null, an array or an object. Nullopt: there is no such method.
  std::optional<MethodReply> call(std::string_view method, const JsonValue& params, Millis now,
                                  const CallFaults& faults);

  MockFamily family() const { return evm_ ? MockFamily::kEvm : MockFamily::kSvm; }
  EvmMethods* evm() { return evm_ ? &*evm_ : nullptr; }  ///< null for the other family
  SvmMethods* svm() { return svm_ ? &*svm_ : nullptr; }
  /// The time that a node with these faults is at: earlier, when it is behind or stuck.
  Millis seen_at(Millis now, const CallFaults& faults) const;
  /// The newest block or slot, as a sound node has it.
  uint64_t head(Millis now) const;

 private:
  std::optional<MethodReply> lie(std::string_view method, const CallFaults& faults,
                                 Millis now) const;
  bool is_recent(std::string_view method, const JsonValue& params, Millis now,
                 uint64_t blocks) const;
  std::optional<MethodReply> ask(std::string_view method, const JsonValue& params, Millis now);

  Millis block_time_;
  std::optional<EvmMethods> evm_;
  std::optional<SvmMethods> svm_;
};

}  // namespace sidecar

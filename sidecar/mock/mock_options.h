#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace sidecar {

enum class MockFamily { kEvm, kSvm };

/// What a mock provider is, and how badly it behaves.
struct MockOptions {
  MockFamily family = MockFamily::kEvm;
  std::string host = "127.0.0.1";
  uint16_t port = 0;      ///< 0 = any free one
  uint64_t seed = 1;      ///< of the chain, of latencies and of failures
  uint64_t chain_id = 1;  ///< evm only
  std::optional<Millis> block_time =
      {};  ///< of a block or slot; default 12 s for evm, 400 ms for svm
  /// The newest block or slot when it starts. Left out, it follows from the wall clock, so that all
  /// mocks of one seed are nodes of one chain.
  std::optional<uint64_t> head = {};
  /// When block or slot 0 was made, since the Unix epoch. Left out, it follows from `head`; or else
  /// it is the same for all mocks. Not with `head`, unless blocks come on command.
  std::optional<Millis> genesis = {};
  /// Blocks or slots come on command only (see MockProvider), from `head` or else 0 on.
  bool is_manual = false;
  Millis latency_min{0};    ///< added to each HTTP answer, drawn evenly between the two
  Millis latency_max{0};    ///< at most 10 min
  double failure_rate = 0;  ///< share of HTTP requests that fail, 0 to 1
  /// Where HTTP and WebSocket are served besides; 0 = any free port. Solana's clients look for
  /// WebSocket on the port after that of HTTP.
  std::optional<uint16_t> ws_port = {};
  /// Where /control and the other pages are served besides; 0 = any free port. Left out, they are
  /// on the provider's own port only.
  std::optional<uint16_t> control_port = {};
  std::vector<std::string> faults = {};  ///< switched on from the start; JSON, see MockFaults::add
};

}  // namespace sidecar

#pragma once

#include <cstdint>
#include <string>

#include "core/head_stream.h"
#include "rpc/byte_text.h"
#include "rpc/evm_event_facts.h"
#include "tests/support/fake_stream_out.h"

namespace sidecar::testing {

inline std::string header(uint64_t number, const std::string& hash, const std::string& parent) {
  return "{\"number\":\"" + to_quantity(number) + "\",\"hash\":\"" + hash + "\",\"parentHash\":\"" +
         parent + "\"}";
}

inline std::string latest() {
  return R"(eth_getBlockByNumber ["latest",false])";
}
inline std::string by_hash(const std::string& hash) {
  return "eth_getBlockByHash [\"" + hash + "\",false]";
}

inline StreamOptions few_blocks() {
  StreamOptions options;
  options.fill_blocks_max = 4;
  options.held_events_max = 3;
  return options;
}

/// A stream of heads that stands at block 10, hash a10, whose parent is a9.
struct Heads {
  explicit Heads(StreamOptions options = few_blocks()) : stream(options, out) {
    stream.catch_up();
    stream.on_answer(header(10, "a10", "a9"));
    out = {};
  }
  void tell(uint64_t number, const std::string& hash, const std::string& parent) {
    stream.on_event(header(number, hash, parent));
  }
  void answer(uint64_t number, const std::string& hash, const std::string& parent) {
    stream.on_answer(header(number, hash, parent));
  }
  /// The hashes of all that was told since the last call, each with its kind.
  std::string told() {
    std::string line;
    for (const auto& event : out.events) {
      line += line.empty() ? "" : " ";
      line += event.kind == EventKind::kLive ? "live:" : "late:";
      line += header_view(event.value)->hash;
    }
    out.events.clear();
    return line;
  }

  FakeStreamOut out;
  HeadStream stream;
};

}  // namespace sidecar::testing

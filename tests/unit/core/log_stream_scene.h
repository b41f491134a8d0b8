#pragma once

#include <cstdint>
#include <string>

#include "core/log_stream.h"
#include "rpc/byte_text.h"
#include "rpc/evm_event_facts.h"
#include "rpc/json_walk.h"
#include "tests/support/fake_stream_out.h"

namespace sidecar::testing {

/// Log `index` of the block with this hash; the number of the block is what follows its first
/// letter.
inline std::string log_of(const std::string& hash, uint64_t index, bool is_removed = false) {
  return "{\"blockNumber\":\"" + to_quantity(std::stoull(hash.substr(1))) + "\",\"blockHash\":\"" +
         hash + "\",\"logIndex\":\"" + to_quantity(index) + "\"" +
         (is_removed ? ",\"removed\":true}" : "}");
}

inline std::string block_of(const std::string& hash) {
  return "{\"number\":\"" + to_quantity(std::stoull(hash.substr(1))) + "\",\"hash\":\"" + hash +
         "\",\"parentHash\":\"p\"}";
}

inline std::string newest() {
  return "eth_blockNumber []";
}
inline std::string is_there(uint64_t number) {
  return "eth_getBlockByNumber [\"" + to_quantity(number) + "\",false]";
}
inline std::string logs_from(uint64_t from, uint64_t to) {
  return "eth_getLogs [{\"address\":[\"0x1\"],\"fromBlock\":\"" + to_quantity(from) +
         "\",\"toBlock\":\"" + to_quantity(to) + "\"}]";
}

inline StreamOptions few_logs() {
  StreamOptions options;
  options.fill_blocks_max = 100;
  options.held_events_max = 3;
  return options;
}

/// A stream of logs that stands after block 10. Letters in names of blocks are branches: a11 and
/// b11 are siblings.
struct Logs {
  explicit Logs(StreamOptions options = few_logs())
      : stream(R"({"address":["0x1"]})", options, out) {
    stream.catch_up();
    stream.on_answer("\"0xa\"");
    out = {};
  }
  void tell(const std::string& hash, uint64_t index, bool is_removed = false) {
    stream.on_event(log_of(hash, index, is_removed));
  }
  /// The source's answers, one for each kind of question.
  void answer_newest(uint64_t number) { stream.on_answer("\"" + to_quantity(number) + "\""); }
  void answer_logs(const std::string& logs) { stream.on_answer("[" + logs + "]"); }
  void answer_block(const std::string& hash) { stream.on_answer(block_of(hash)); }
  /// All logs that were told since the last call, as block/index, each with its kind.
  std::string told() {
    std::string line;
    for (const auto& event : out.events) {
      const auto view = log_view(event.value);
      line += line.empty() ? "" : " ";
      line += view->is_removed ? "-" : "+";
      line += std::string(view->block_hash) + "/" + std::to_string(view->index);
      line += event.kind == EventKind::kLive ? "" : "(late)";
    }
    out.events.clear();
    return line;
  }

  FakeStreamOut out;
  LogStream stream;
};

}  // namespace sidecar::testing

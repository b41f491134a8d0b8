#include "rpc/evm_event_facts.h"

#include <algorithm>
#include <array>

#include "rpc/json_text.h"
#include "rpc/json_walk.h"

namespace sidecar {

namespace {

constexpr std::array<std::string_view, 5> kBlockOnly{"transactions", "uncles", "withdrawals",
                                                     "size", "totalDifficulty"};

void append_member(std::string& out, std::string_view key, std::string_view value) {
  out += out.size() > 1 ? ",\"" : "\"";
  out.append(key).append("\":").append(value);
}

}  // namespace

std::optional<HeaderView> header_view(std::string_view block) {
  std::optional<uint64_t> number;
  HeaderView view;
  JsonWalk walk(block);
  while ((!number || view.hash.empty() || view.parent_hash.empty()) && walk.next()) {
    if (walk.key() == "number") {
      number = parse_quantity(walk.value());
    } else if (walk.key() == "hash") {
      view.hash = json_plain_string(walk.value());
    } else if (walk.key() == "parentHash") {
      view.parent_hash = json_plain_string(walk.value());
    }
  }
  if (!number || view.hash.empty() || view.parent_hash.empty()) {
    return std::nullopt;
  }
  view.number = *number;
  return view;
}

std::string header_of_block(std::string_view block) {
  std::string out = "{";
  JsonWalk walk(block);
  while (walk.next()) {
    if (std::find(kBlockOnly.begin(), kBlockOnly.end(), walk.key()) == kBlockOnly.end()) {
      append_member(out, walk.key(), walk.value());
    }
  }
  return out += '}';
}

std::optional<LogView> log_view(std::string_view log) {
  std::optional<uint64_t> number;
  std::optional<uint64_t> index;
  LogView view;
  JsonWalk walk(log);
  while (walk.next()) {
    if (walk.key() == "blockNumber") {
      number = parse_quantity(walk.value());
    } else if (walk.key() == "blockHash") {
      view.block_hash = json_plain_string(walk.value());
    } else if (walk.key() == "logIndex") {
      index = parse_quantity(walk.value());
    } else if (walk.key() == "removed") {
      view.is_removed = walk.value() == "true";
    }
  }
  if (!number || !index || view.block_hash.empty()) {
    return std::nullopt;
  }
  view.block_number = *number;
  view.index = *index;
  return view;
}

std::string removed_log(std::string_view log) {
  std::string out = "{";
  JsonWalk walk(log);
  while (walk.next()) {
    if (walk.key() != "removed") {
      append_member(out, walk.key(), walk.value());
    }
  }
  append_member(out, "removed", "true");
  return out += '}';
}

std::string_view pending_hash(std::string_view value) {
  const std::string_view bare = json_plain_string(value);
  return bare.empty() ? json_plain_string(json_member(value, "hash")) : bare;
}

}  // namespace sidecar

#include "core/svm_stream_params.h"

#include <algorithm>

#include "rpc/json_walk.h"

namespace sidecar {

SvmStreamParams::SvmStreamParams(std::string_view params) {
  JsonWalk walk(params);
  if (walk.next()) {
    subject_ = walk.value();
  }
  if (walk.next()) {
    config_ = walk.value();
  }
  const std::string_view commitment = json_plain_string(option("commitment"));
  if (!commitment.empty()) {
    commitment_ = commitment;
  }
}

std::string_view SvmStreamParams::option(std::string_view name) const {
  return json_member(config_, name);
}

std::string SvmStreamParams::config(std::initializer_list<std::string_view> kept,
                                    std::string_view added) const {
  std::string text = "{";
  JsonWalk walk(config_);
  while (walk.next()) {
    if (std::find(kept.begin(), kept.end(), walk.key()) != kept.end()) {
      text += text.size() > 1 ? ",\"" : "\"";
      text.append(walk.key()).append("\":").append(walk.value());
    }
  }
  text += text.size() > 1 && !added.empty() ? "," : "";
  text.append(added);
  return text += '}';
}

std::string commitment_config(std::string_view commitment) {
  return "{\"commitment\":\"" + std::string(commitment) + "\"}";
}

std::string slot_range_params(uint64_t from, uint64_t to, std::string_view commitment) {
  return "[" + std::to_string(from) + "," + std::to_string(to) + "," +
         commitment_config(commitment) + "]";
}

std::string slots_from(uint64_t from) {
  return "\"from_slot\":" + std::to_string(from);
}

std::string slots_from_to(uint64_t from, uint64_t to) {
  return slots_from(from) + ",\"to_slot\":" + std::to_string(to);
}

}  // namespace sidecar

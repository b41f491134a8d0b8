#include "core/syncing_stream.h"

#include "rpc/json_walk.h"

namespace sidecar {

namespace {

/// What eth_syncing answers as the event that says so.
std::string event_of(std::string_view answer) {
  if (json_first_byte(answer) != '{') {
    return "false";
  }
  return "{\"syncing\":true,\"status\":" + std::string(answer) + '}';
}

bool is_syncing(std::string_view event) {
  return json_first_byte(event) == '{' && json_member(event, "syncing") != "false";
}

}  // namespace

void SyncingStream::take(std::string_view value) {
  if (value != last_) {
    last_ = value;
    out_.deliver(value, kind());
  }
}

void SyncingStream::take_answer(std::string_view result) {
  const std::string event = event_of(result);
  if (last_.empty()) {
    last_ = event;
  } else if (is_syncing(event) != is_syncing(last_)) {
    take(event);  // a change of the numbers alone is none
  }
  caught_up();
}

}  // namespace sidecar

#include "downstream/event_forms.h"

#include "proto/frame.h"
#include "rpc/compact.h"

namespace sidecar {

std::string_view EventForms::framed() {
  if (framed_.empty()) {
    const rpcs_event_head head{event_.at.epoch, event_.at.seq};
    uint8_t bytes[RPCS_EVENT_HEAD_BYTES];
    rpcs_encode_event_head(&head, bytes);
    framed_.reserve(sizeof(bytes) + event_.value.size());
    framed_.append(reinterpret_cast<const char*>(bytes), sizeof(bytes));
    framed_.append(event_.value);
    ++made_count_;
  }
  return framed_;
}

EventForms::Text EventForms::ws() {
  if (ws_.empty()) {
    make_text(ws_, ws_id_at_, event_.value);
  }
  const std::string_view text = ws_;
  return {text.substr(0, ws_id_at_), text.substr(ws_id_at_)};
}

EventForms::Text EventForms::ipc() {
  if (ipc_.empty()) {
    std::string compact;
    append_compact(compact, event_.value);
    make_text(ipc_, ipc_id_at_, compact);
    ipc_ += '\n';
  }
  const std::string_view text = ipc_;
  return {text.substr(0, ipc_id_at_), text.substr(ipc_id_at_)};
}

/// Members in the order that geth and Agave write them in.
void EventForms::make_text(std::string& text, size_t& id_at, std::string_view value) {
  ++made_count_;
  text.reserve(value.size() + event_.method.size() + 80);
  text = "{\"jsonrpc\":\"2.0\",\"method\":\"";
  text.append(event_.method);
  if (event_.family == Family::kEvm) {
    text += "\",\"params\":{\"subscription\":";
    id_at = text.size();
    text.append(",\"result\":").append(value).append("}}");
  } else {
    text.append("\",\"params\":{\"result\":").append(value).append(",\"subscription\":");
    id_at = text.size();
    text += "}}";
  }
}

}  // namespace sidecar

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

std::string_view EventForms::ws(std::string_view id) {
  if (ws_.bytes.empty()) {
    make_text(ws_, event_.value);
  }
  return with_id(ws_, id);
}

std::string_view EventForms::ipc(std::string_view id) {
  if (ipc_.bytes.empty()) {
    std::string compact;
    append_compact(compact, event_.value);
    make_text(ipc_, compact);
    ipc_.bytes += '\n';
  }
  return with_id(ipc_, id);
}

/// Members in the order that geth and Agave write them in.
void EventForms::make_text(Text& text, std::string_view value) {
  ++made_count_;
  std::string& bytes = text.bytes;
  bytes.reserve(value.size() + event_.method.size() + 120);
  bytes = "{\"jsonrpc\":\"2.0\",\"method\":\"";
  bytes.append(event_.method);
  if (event_.family == Family::kEvm) {
    bytes += "\",\"params\":{\"subscription\":";
    text.id_at = bytes.size();
    bytes.append(",\"result\":").append(value).append("}}");
  } else {
    bytes.append("\",\"params\":{\"result\":").append(value).append(",\"subscription\":");
    text.id_at = bytes.size();
    bytes += "}}";
  }
}

/// Ids are mostly of one length, so that nothing moves.
std::string_view EventForms::with_id(Text& text, std::string_view id) {
  text.bytes.replace(text.id_at, text.id_bytes, id);
  text.id_bytes = id.size();
  return text.bytes;
}

}  // namespace sidecar

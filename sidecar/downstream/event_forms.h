#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/feed_types.h"

namespace sidecar {

/// One event in the words of each dialect: made when the first subscriber of that dialect wants it,
/// then the same bytes for all. Only ids differ, and they are put in by the sessions.
/// Owner: SessionTable, for the time of one fan-out.
class EventForms {
 public:
  /// A JSON text in two halves; the subscription's id goes in between.
  struct Text {
    std::string_view before;
    std::string_view after;
  };

  explicit EventForms(const FeedEvent& event) : event_(event) {}

  const FeedEvent& event() const { return event_; }
  /// The payload of an EVENT frame.
  std::string_view framed();
  Text ws();
  /// One compact line, with its end.
  Text ipc();
  /// How many forms were made.
  size_t made_count() const { return made_count_; }

 private:
  void make_text(std::string& text, size_t& id_at, std::string_view value);

  const FeedEvent& event_;
  std::string framed_;
  std::string ws_;
  size_t ws_id_at_ = 0;
  std::string ipc_;
  size_t ipc_id_at_ = 0;
  size_t made_count_ = 0;
};

}  // namespace sidecar

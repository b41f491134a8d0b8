#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/feed_types.h"

namespace sidecar {

/// One event in the words of each dialect: made when the first subscriber of that dialect wants it,
/// then the same bytes for all. Only the id of a subscription differs, and is put in its place.
/// Owner: SessionTable, for the time of one fan-out.
class EventForms {
 public:
  explicit EventForms(const FeedEvent& event) : event_(event) {}

  const FeedEvent& event() const { return event_; }
  /// The payload of an EVENT frame.
  std::string_view framed();
  /// The notification for the subscription `id`, a JSON lexeme. The view lives until the next call.
  std::string_view ws(std::string_view id);
  /// Likewise, as one compact line with its end.
  std::string_view ipc(std::string_view id);
  /// How many forms were made.
  size_t made_count() const { return made_count_; }

 private:
  struct Text {
    std::string bytes;
    size_t id_at = 0;
    size_t id_bytes = 0;  ///< of the id that is in it now
  };

  void make_text(Text& text, std::string_view value);
  static std::string_view with_id(Text& text, std::string_view id);

  const FeedEvent& event_;
  std::string framed_;
  Text ws_;
  Text ipc_;
  size_t made_count_ = 0;
};

}  // namespace sidecar

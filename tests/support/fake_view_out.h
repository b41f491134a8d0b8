#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "downstream/http_views.h"

namespace sidecar::testing {

/// Keeps what would go to browsers.
class FakeViewOut final : public ViewOut {
 public:
  struct Got {
    int status = 0;
    std::string content_type;
    std::string more;
    std::string body;
    bool is_stream = false;
    bool is_over = false;
  };

  void reply(ViewId id, const ViewHead& head, std::string_view body) override {
    begin(id, head);
    got[id].body = body;
    got[id].is_stream = false;
    got[id].is_over = true;
  }
  void begin(ViewId id, const ViewHead& head) override {
    got[id] = {head.status, std::string(head.content_type), std::string(head.more), "", true,
               false};
  }
  Flow send(ViewId id, std::string_view bytes) override {
    if (gone.contains(id)) {
      return Flow::kDropped;
    }
    got[id].body += bytes;
    return Flow::kOk;
  }
  size_t unread_bytes(ViewId id) const override {
    const auto found = unread.find(id);
    return found == unread.end() ? 0 : found->second;
  }
  void end(ViewId id) override { got[id].is_over = true; }
  void cut(ViewId id) override { cuts.push_back(id); }

  std::map<ViewId, Got> got;
  std::map<ViewId, size_t> unread;
  std::set<ViewId> gone;  ///< send() finds these dead
  std::vector<ViewId> cuts;
};

}  // namespace sidecar::testing

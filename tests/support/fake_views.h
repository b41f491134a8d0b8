#pragma once

#include <string>
#include <utility>
#include <vector>

#include "downstream/http_views.h"

namespace sidecar::testing {

/// Views that only remember what was asked; the test answers through `out`.
class FakeViews final : public HttpViews {
 public:
  struct Asked {
    ViewId id;
    std::string path;
    std::string query;
    std::string accept;
    bool is_head_only;
    ViewOut* out;
  };

  bool is_view(std::string_view path) const override { return path == "/view"; }
  void open(ViewId id, const ViewRequest& request, ViewOut& out) override {
    asked.push_back({id, std::string(request.path), std::string(request.query),
                     std::string(request.accept), request.is_head_only, &out});
  }
  void on_gone(ViewId id) override { gone.push_back(id); }

  std::vector<Asked> asked;
  std::vector<ViewId> gone;
};

}  // namespace sidecar::testing

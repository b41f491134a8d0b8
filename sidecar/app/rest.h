#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "app/health_report.h"
#include "app/live_status.h"
#include "base/timers.h"
#include "core/ports.h"
#include "core/types.h"
#include "downstream/http_views.h"
#include "downstream/session.h"

namespace sidecar {

/// One whole answer.
struct Document {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string more = {};  ///< whole header lines
};

/// What follows `name=` in a query; empty when it is not there.
std::string_view query_value(std::string_view query, std::string_view name);

/// What the HTTP face shows on GET.
///   open ─┬─ a path that was added ──────▶ its document, at once
///         ├─ / as a browser asks ────────▶ the status page; /events: LiveStatus feeds it
///         ├─ /v1/chains/{chain}/blocks/… ▶ BlockQuestion: a call like any other, answered later
///         └─ / and /{chain} ─────────────▶ hello
/// Owner: Daemon. Requires: what it is given outlives it.
class Rest final : public HttpViews {
 public:
  struct House {
    Timers& timers;
    SessionTable& sessions;
    CallPort& calls;
    AccessPort& access;
    std::function<std::string()> status;
    std::function<std::string(ChainNumber)> chain_status;
    std::function<HealthReport(std::string_view chain)> health;
    const std::vector<ChainInfo>& chains;
    std::function<std::string()> hello;
    std::function<void(std::string_view limit)> on_limit;
  };
  explicit Rest(House house);

  /// Makes a document from the query.
  using Make = std::function<Document(std::string_view query)>;
  /// A document of its own at `path`.
  void add(std::string path, Make make) { documents_[std::move(path)] = std::move(make); }
  /// What answers all about `path` by itself. Requires: it outlives us.
  void add_view(std::string path, HttpViews& view) { views_[std::move(path)] = &view; }
  /// The sidecar goes down: nobody is to wait for those who only watch.
  void end_streams() { live_.end_all(); }
  size_t reader_count() const { return live_.reader_count(); }

  bool is_view(std::string_view path) const override;
  void open(ViewId id, const ViewRequest& request, ViewOut& out) override;
  void on_gone(ViewId id) override;

 private:
  void open_root(ViewId id, const ViewRequest& request, ViewOut& out);
  void open_events(ViewId id, const ViewRequest& request, ViewOut& out);
  void open_chain(ViewId id, const ViewRequest& request, ViewOut& out);
  void ask_block(ViewId id, const ViewRequest& request, const ChainInfo& chain,
                 std::string_view which, ViewOut& out);
  Document chains() const;
  const ChainInfo* find_chain(std::string_view name) const;
  void end(ViewId id);
  void bury();

  House house_;
  std::map<std::string, Make, std::less<>> documents_;
  std::map<std::string, HttpViews*, std::less<>> views_;
  std::unordered_map<ViewId, SessionId> questions_;  ///< about blocks, under way
  std::vector<SessionId> over_;                      ///< removed on a turn of their own
  std::unique_ptr<Timer> burial_;
  LiveStatus live_;
};

}  // namespace sidecar

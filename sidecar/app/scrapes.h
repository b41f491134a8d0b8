#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "app/metrics.h"
#include "base/timers.h"
#include "downstream/http_views.h"

namespace sidecar {

/// GET /metrics. A short text goes out at once; a long one piece by piece, on turns of their own,
/// so that calls do not wait for it, and no faster than it is read.
/// Limits: kScrapesMax under way, one more is told 503; each holds kUnreadMax and two pieces. One
/// that takes nothing for kPatience is cut.
/// Owner: Daemon. Requires: `metrics`, `timers` and the outs outlive it.
class Scrapes final : public HttpViews {
 public:
  static constexpr size_t kScrapesMax = 8;
  static constexpr size_t kPieceBytes = 64 * 1024;
  static constexpr size_t kUnreadMax = 128 * 1024;
  static constexpr Millis kBetweenPieces{1};
  static constexpr Millis kPatience{10'000};

  /// `on_limit` is told "scrapes_max" or "scrape_stalled".
  Scrapes(const Metrics& metrics, Timers& timers,
          std::function<void(std::string_view limit)> on_limit);

  bool is_view(std::string_view path) const override { return path == kPath; }
  void open(ViewId id, const ViewRequest& request, ViewOut& out) override;
  void on_gone(ViewId id) override { scrapes_.erase(id); }
  size_t count() const { return scrapes_.size(); }

  static constexpr std::string_view kPath = "/metrics";

 private:
  struct Scrape {
    ViewOut* out;
    Metrics::Place place;
    Instant took_at;  ///< when there was room for more
  };

  /// Puts about kPieceBytes into piece_. False: that was the last.
  bool write_piece(Metrics::Place& place);
  /// False: it is over.
  bool go_on(ViewId id, Scrape& scrape);
  void on_due();

  const Metrics& metrics_;
  Timers& timers_;
  std::function<void(std::string_view)> on_limit_;
  std::unordered_map<ViewId, Scrape> scrapes_;
  std::string piece_;  ///< keeps its memory: fresh pages would cost more than what is written there
  std::unique_ptr<Timer> timer_;  ///< armed while one is under way
};

}  // namespace sidecar

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/timers.h"
#include "downstream/http_views.h"

namespace sidecar {

/// The status as server-sent events, once a second and the same bytes for everybody who watches.
/// Every event holds the whole status, so that one who is slow misses nothing by getting fewer.
/// Limits: kReadersMax watch, one more is told 503. A reader that still has the event before in our
/// queue gets none, and one that takes nothing for kPatience is cut: what it costs is one event.
/// Owner: Rest. Requires: `timers` and the outs outlive it.
class LiveStatus {
 public:
  static constexpr size_t kReadersMax = 32;
  static constexpr Millis kEvery{1'000};
  static constexpr Millis kPatience{10'000};

  /// `on_limit` is told "status_readers_max" or "status_reader_stalled".
  LiveStatus(Timers& timers, std::function<std::string()> status,
             std::function<void(std::string_view limit)> on_limit);

  /// Begins the answer; the first event goes out at once. False when kReadersMax watch already, or
  /// after end_all(): nothing was answered then.
  bool add(ViewId id, ViewOut& out);
  /// Ends every stream, and takes no more: the sidecar goes down.
  void end_all();
  void remove(ViewId id) { readers_.erase(id); }
  size_t reader_count() const { return readers_.size(); }

 private:
  struct Reader {
    ViewOut* out;
    Instant took_at;  ///< when nothing was left in our queue
  };

  void on_due();
  std::string make_event() const;

  Timers& timers_;
  std::function<std::string()> status_;
  std::function<void(std::string_view)> on_limit_;
  std::unordered_map<ViewId, Reader> readers_;
  std::unique_ptr<Timer> timer_;  ///< armed while somebody watches
  bool is_over_ = false;
};

}  // namespace sidecar

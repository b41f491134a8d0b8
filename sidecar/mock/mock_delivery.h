#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/timers.h"
#include "mock/mock_calls.h"
#include "mock/mock_faults.h"
#include "mock/mock_stats.h"
#include "net/http_server.h"
#include "net/loop.h"

namespace sidecar {

/// Brings answers to their clients, in the way that their faults ask for:
///   begin -> (swallowed for ever) | held until it is time -> reset | blob | body, at once or in
///   drops -> whole | FIN or RST within it
/// Not: it draws no faults (MockFaults) and makes no answers (MockCalls).
/// Limits: those of the server; one answer for a connection, which a blob streams and trickle,
/// truncate and a reset within it leave alone.   Owner: MockProvider, by value.
class MockDelivery {
 public:
  /// `stats` outlives this; `server` comes before the first answer.
  MockDelivery(Loop& loop, MockStats& stats);
  void set_server(HttpServer& server) { server_ = &server; }

  /// Holds the answer for `wait`, then sends it as `faults` say.
  void begin(HttpExchangeId id, MockAnswer answer, const AnswerFaults& faults, Millis wait);
  /// There is room again.
  void on_drained(HttpExchangeId id);
  /// The client left before its answer was complete.
  void on_gone(HttpExchangeId id);
  void drop_all();

 private:
  enum class Phase { kHeld, kSwallowed, kDrops, kBlob };
  enum class End { kWhole, kFin, kReset };

  struct Parcel {
    MockAnswer answer;
    AnswerFaults faults;
    Phase phase = Phase::kHeld;
    Instant due = {};
    size_t sent = 0;   ///< kDrops: of the body
    size_t limit = 0;  ///< kDrops: what of the body is sent at all
    End end = End::kWhole;
  };
  using Parcels = std::unordered_map<HttpExchangeId, Parcel>;

  void schedule(HttpExchangeId id, Parcel& parcel, Millis wait);
  void step_due();
  void send(Parcels::iterator at);
  void begin_body(HttpExchangeId id, Parcel& parcel);
  void send_drop(Parcels::iterator at);
  void pump(Parcels::iterator at);
  void forget(Parcels::iterator at);

  Loop& loop_;
  MockStats& stats_;
  HttpServer* server_ = nullptr;
  std::unique_ptr<Timer> timer_;
  Parcels parcels_;
  std::set<std::pair<Instant, HttpExchangeId>> due_;
};

}  // namespace sidecar

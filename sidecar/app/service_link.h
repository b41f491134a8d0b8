#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/service_offer.h"
#include "base/timers.h"
#include "net/notify_socket.h"

namespace sidecar {

/// Tells the service manager how the sidecar is, and that its loop lives:
///   READY=1 -> (RELOADING=1 -> READY=1)* -> STOPPING=1;  STATUS= whenever its words change;
///   WATCHDOG=1 some turns after a timer came due, and only while nothing is found stuck.
/// Without a manager it does nothing. What the manager does not take now is said at the next beat.
/// Owner: `run`. Source: sd_notify(3).
class ServiceLink {
 public:
  struct Views {
    std::function<std::string()> status;      ///< one line for people
    std::function<std::string()> find_stuck;  ///< what makes no progress; empty when all moves
  };
  /// A manager that cannot be told is logged, not an error: work goes on.
  ServiceLink(Timers& timers, const ServiceOffer& offer, Views views);

  void ready();
  void reloading();
  /// `within`: when it will be over at the latest.
  void stopping(Millis within);

  static constexpr Millis kBeatMax{2'000};

 private:
  void say(std::string state);
  void beat();
  void on_next_turn();

  Timers& timers_;
  Views views_;
  std::optional<NotifySocket> socket_;
  bool is_watched_;
  Millis period_;
  std::string owed_;         ///< the newest state, while it has not been taken
  std::string status_said_;  ///< the last status that was taken
  bool was_stuck_ = false;
  std::unique_ptr<Timer> beat_timer_;
  std::unique_ptr<Timer> next_turn_;
};

/// One status line without a link: why a start failed, for who reads the manager's status.
void tell_failed_start(const std::string& notify_address, std::string_view why);

}  // namespace sidecar

#include "app/service_link.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace sidecar {

namespace {

constexpr int kBeatsInWatchdog = 4;
/// The least that cannot be had within the same turn.
constexpr Millis kNextTurn{1};

/// A line break would end the variable; a status has one line.
std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::optional<NotifySocket> open_socket(const std::string& address) {
  if (address.empty()) {
    return std::nullopt;
  }
  auto socket = NotifySocket::open(address);
  if (!socket.ok()) {
    log::warn("service_manager_not_told", log::kv("why", socket.error().detail));
    return std::nullopt;
  }
  return std::move(socket).value();
}

}  // namespace

ServiceLink::ServiceLink(Timers& timers, const ServiceOffer& offer, Views views)
    : timers_(timers),
      views_(std::move(views)),
      socket_(open_socket(offer.notify_address)),
      is_watched_(offer.watchdog > Millis(0)),
      period_(is_watched_ ? std::clamp(offer.watchdog / kBeatsInWatchdog, 2 * kNextTurn, kBeatMax)
                          : kBeatMax),
      beat_timer_(timers.make_timer([this]() { beat(); })),
      next_turn_(timers.make_timer([this]() { on_next_turn(); })) {
  if (socket_) {
    beat_timer_->arm(timers_.now() + period_);
  }
}

void ServiceLink::ready() {
  say("READY=1");
}

void ServiceLink::reloading() {
  const auto since_boot =
      std::chrono::duration_cast<std::chrono::microseconds>(timers_.now().time_since_epoch());
  say("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(since_boot.count()));
}

void ServiceLink::stopping(Millis within) {
  // Asked for now, and renewed by nobody: a stop that takes longer than it said is to be cut.
  const auto within_us = std::chrono::duration_cast<std::chrono::microseconds>(within);
  say("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + std::to_string(within_us.count()));
}

void ServiceLink::say(std::string state) {
  if (!socket_) {
    return;
  }
  status_said_ = one_line(views_.status());
  owed_ = std::move(state) + "\nSTATUS=" + status_said_ + "\n";
  if (socket_->send(owed_)) {
    owed_.clear();
  }
}

void ServiceLink::beat() {
  beat_timer_->arm(timers_.now() + period_);
  // Whatever else is due runs first, so that what is found overdue then has been forgotten.
  next_turn_->arm(timers_.now() + kNextTurn);
}

void ServiceLink::on_next_turn() {
  std::string lines = owed_;
  const std::string stuck = views_.find_stuck();
  const std::string status = one_line(stuck.empty() ? views_.status() : "stuck: " + stuck);
  if (status != status_said_) {
    lines += "STATUS=" + status + "\n";
  }
  if (is_watched_ && stuck.empty()) {
    lines += "WATCHDOG=1\n";
  }
  if (!stuck.empty() && !was_stuck_) {
    log::error("stuck", log::kv("what", stuck));
  }
  was_stuck_ = !stuck.empty();
  if (!lines.empty() && socket_->send(lines)) {
    owed_.clear();
    status_said_ = status;
  }
}

void tell_failed_start(const std::string& notify_address, std::string_view why) {
  if (const auto socket = open_socket(notify_address)) {
    (void)socket->send("STATUS=" + one_line("not started: " + std::string(why)));
  }
}

}  // namespace sidecar

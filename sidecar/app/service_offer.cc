#include "app/service_offer.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "config/quantity.h"

namespace sidecar {

namespace {

constexpr int kFirstFd = 3;  // after standard input, output and error
constexpr uint64_t kWatchdogUsMax = 24ull * 3600 * 1'000'000;

/// Takes variables apart; keeps what is wrong with the first bad one.
class Reader {
 public:
  explicit Reader(const Environment& environment) : environment_(environment) {}

  std::string text(std::string_view name) const {
    const auto found = environment_.find(name);
    return found == environment_.end() ? std::string() : found->second;
  }
  /// Null when the variable is not there.
  std::optional<uint64_t> number(std::string_view name) {
    const std::string written = text(name);
    const auto number = parse_number(written);
    if (!number && !written.empty() && fault_.empty()) {
      fault_ = std::string(name) + "=" + written + " is no number";
    }
    return number;
  }
  const std::string& fault() const { return fault_; }

 private:
  const Environment& environment_;
  std::string fault_;
};

}  // namespace

Result<ServiceOffer> ServiceOffer::read(const Environment& environment, pid_t pid) {
  Reader reader(environment);
  const auto own = static_cast<uint64_t>(pid);
  ServiceOffer offer;
  offer.notify_address = reader.text("NOTIFY_SOCKET");
  // Sockets without a reader's name were left over from a parent's.
  const auto listen_pid = reader.number("LISTEN_PID");
  const auto sockets = reader.number("LISTEN_FDS");
  if (listen_pid == own && sockets.value_or(0) > 0) {
    if (*sockets > 1) {
      return Error{Errc::kInvalid, "LISTEN_FDS=" + std::to_string(*sockets) + " (" +
                                       reader.text("LISTEN_FDNAMES") +
                                       "): one socket is taken, a ListenStream= with a path"};
    }
    offer.socket_fd = kFirstFd;
  }
  const auto watched_pid = reader.number("WATCHDOG_PID");
  const uint64_t period_us = reader.number("WATCHDOG_USEC").value_or(0);
  if (watched_pid.value_or(own) == own) {
    offer.watchdog = Millis(static_cast<int64_t>(std::min(period_us, kWatchdogUsMax) / 1'000));
  }
  if (!reader.fault().empty()) {
    return Error{Errc::kInvalid, reader.fault()};
  }
  return offer;
}

}  // namespace sidecar

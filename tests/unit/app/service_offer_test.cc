#include "app/service_offer.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace sidecar::testing {

namespace {

constexpr pid_t kOwn = 4'711;

}  // namespace

TEST_CASE("ServiceOffer: is empty without a service manager") {
  const auto offer = ServiceOffer::read({{"PATH", "/bin"}}, kOwn);

  REQUIRE(offer.ok());
  CHECK(offer.value().socket_fd == -1);
  CHECK(offer.value().notify_address.empty());
  CHECK(offer.value().watchdog == Millis(0));
}

TEST_CASE("ServiceOffer: takes what is meant for this process, and nothing else") {
  struct Row {
    Environment environment;
    int fd;
    Millis watchdog;
  };
  const std::vector<Row> rows = {
      {{{"LISTEN_PID", "4711"}, {"LISTEN_FDS", "1"}}, 3, Millis(0)},
      {{{"LISTEN_PID", "4712"}, {"LISTEN_FDS", "1"}}, -1, Millis(0)},
      {{{"LISTEN_PID", "4712"}, {"LISTEN_FDS", "7"}}, -1, Millis(0)},
      {{{"LISTEN_FDS", "1"}}, -1, Millis(0)},
      {{{"LISTEN_PID", "4711"}, {"LISTEN_FDS", "0"}}, -1, Millis(0)},
      {{{"LISTEN_PID", "4711"}}, -1, Millis(0)},
      {{{"WATCHDOG_PID", "4711"}, {"WATCHDOG_USEC", "10000000"}}, -1, Millis(10'000)},
      {{{"WATCHDOG_PID", "4712"}, {"WATCHDOG_USEC", "10000000"}}, -1, Millis(0)},
      {{{"WATCHDOG_USEC", "10000000"}}, -1, Millis(10'000)},
      {{{"WATCHDOG_USEC", "18446744073709551615"}}, -1, Millis(24 * 3'600'000)},
  };
  for (const Row& row : rows) {
    std::string shown;
    for (const auto& [name, value] : row.environment) {
      shown += name + "=" + value + " ";
    }
    CAPTURE(shown);

    const auto offer = ServiceOffer::read(row.environment, kOwn);

    REQUIRE(offer.ok());
    CHECK(offer.value().socket_fd == row.fd);
    CHECK(offer.value().watchdog == row.watchdog);
  }
}

TEST_CASE("ServiceOffer: what cannot be taken is refused by the variable's name") {
  struct Row {
    Environment environment;
    std::string part;
  };
  const std::vector<Row> rows = {
      {{{"LISTEN_PID", "4711"}, {"LISTEN_FDS", "2"}, {"LISTEN_FDNAMES", "rpc.socket:extra"}},
       "LISTEN_FDS=2 (rpc.socket:extra)"},
      {{{"LISTEN_PID", "me"}, {"LISTEN_FDS", "1"}}, "LISTEN_PID=me is no number"},
      {{{"LISTEN_PID", "4711"}, {"LISTEN_FDS", "-1"}}, "LISTEN_FDS=-1 is no number"},
      {{{"WATCHDOG_USEC", "10s"}}, "WATCHDOG_USEC=10s is no number"},
      {{{"WATCHDOG_PID", "99999999999999999999"}}, "WATCHDOG_PID"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.part);

    const auto offer = ServiceOffer::read(row.environment, kOwn);

    REQUIRE_FALSE(offer.ok());
    CHECK(offer.error().code == Errc::kInvalid);
    CHECK(offer.error().detail.find(row.part) != std::string::npos);
  }
}

}  // namespace sidecar::testing

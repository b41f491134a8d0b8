#include "app/service_link.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fake_time.h"
#include "tests/support/notify_inbox.h"
#include "tests/support/temp_folder.h"

namespace sidecar::testing {

namespace {

/// Progress is judged on the turn after a beat.
constexpr Millis kTurn{1};

/// A link to a manager of the test's own.
struct Linked {
  explicit Linked(Millis watchdog = Millis(0)) : inbox(folder.file("notify")) {
    offer.notify_address = folder.file("notify");
    offer.watchdog = watchdog;
    link.emplace(time, offer,
                 ServiceLink::Views{[this]() { return status; }, [this]() { return stuck; }});
  }
  TempFolder folder;
  FakeTime time;
  NotifyInbox inbox;
  ServiceOffer offer;
  std::string status = "serving 1 chain";
  std::string stuck;
  std::optional<ServiceLink> link;
};

}  // namespace

TEST_CASE("ServiceLink: each state goes out at once with the status of that moment") {
  Linked to;

  to.link->ready();
  CHECK(to.inbox.next() == "READY=1\nSTATUS=serving 1 chain\n");

  to.status = "serving\n2 chains";
  to.link->reloading();
  const auto us =
      std::chrono::duration_cast<std::chrono::microseconds>(to.time.now().time_since_epoch());
  CHECK(to.inbox.next() == "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us.count()) +
                               "\nSTATUS=serving 2 chains\n");

  to.status = "draining";
  to.link->stopping(Millis(12'000));
  CHECK(to.inbox.next() == "STOPPING=1\nEXTEND_TIMEOUT_USEC=12000000\nSTATUS=draining\n");
  CHECK(to.inbox.next().empty());
}

TEST_CASE("ServiceLink: a status is told when it changes, and only then") {
  Linked to;
  to.link->ready();
  to.inbox.drop_all();

  to.time.advance(10 * ServiceLink::kBeatMax);
  CHECK(to.inbox.next().empty());

  to.status = "serving 2 chains";
  to.time.advance(ServiceLink::kBeatMax + kTurn);
  CHECK(to.inbox.next() == "STATUS=serving 2 chains\n");
  to.time.advance(ServiceLink::kBeatMax);
  CHECK(to.inbox.next().empty());
}

TEST_CASE("ServiceLink: feeds the watchdog four times in its period, or every two seconds") {
  struct Row {
    Millis watchdog;
    int beats_in_period;
  };
  for (const Row& row : {Row{Millis(400), 4}, Row{Millis(8'000), 4}, Row{Millis(60'000), 30}}) {
    CAPTURE(row.watchdog.count());
    Linked to(row.watchdog);
    to.link->ready();
    to.inbox.drop_all();

    int beats = 0;
    for (Millis passed{0}; passed <= row.watchdog; passed += Millis(100)) {
      to.time.advance(Millis(100));
      beats += to.inbox.next() == "WATCHDOG=1\n" ? 1 : 0;
    }
    CHECK(beats == row.beats_in_period);
  }
}

TEST_CASE("ServiceLink: what makes no progress is told, and the watchdog starves until it does") {
  Linked to(Millis(8'000));
  to.link->ready();
  to.inbox.drop_all();

  to.stuck = "calls are past their deadlines";
  to.time.advance(Millis(2'000) + kTurn);
  CHECK(to.inbox.next() == "STATUS=stuck: calls are past their deadlines\n");
  to.time.advance(Millis(8'000));
  CHECK(to.inbox.next().empty());

  to.stuck.clear();
  to.time.advance(Millis(2'000) + kTurn);
  CHECK(to.inbox.next() == "STATUS=serving 1 chain\nWATCHDOG=1\n");
}

TEST_CASE("ServiceLink: what is due in the same turn runs before progress is judged") {
  Linked to(Millis(8'000));
  to.link->ready();
  to.inbox.drop_all();
  to.stuck = "late";
  const auto late = to.time.make_timer([&to]() { to.stuck.clear(); });
  late->arm(to.time.now() + Millis(2'000));

  to.time.advance(Millis(2'000) + kTurn);

  CHECK(to.inbox.next() == "WATCHDOG=1\n");
}

TEST_CASE("ServiceLink: a state that was not taken is said again") {
  TempFolder folder;
  FakeTime time;
  ServiceOffer offer;
  offer.notify_address = folder.file("notify");
  ServiceLink link(time, offer, {[]() { return "serving"; }, []() { return ""; }});
  link.ready();  // nobody is there yet

  const NotifyInbox inbox(offer.notify_address);
  time.advance(ServiceLink::kBeatMax + kTurn);

  CHECK(inbox.next() == "READY=1\nSTATUS=serving\n");
  time.advance(ServiceLink::kBeatMax);
  CHECK(inbox.next().empty());
}

TEST_CASE("ServiceLink: without a manager, or with one at a wrong address, it is silent") {
  for (const std::string& address : {std::string(), std::string("vsock:2:1")}) {
    FakeTime time;
    ServiceOffer offer;
    offer.notify_address = address;
    offer.watchdog = Millis(1'000);
    int asked = 0;
    ServiceLink link(time, offer,
                     {[&asked]() { return std::to_string(++asked); },
                      [&asked]() { return std::to_string(++asked); }});

    link.ready();
    time.advance(Millis(10'000));
    link.stopping(Millis(1));

    CHECK(asked == 0);
  }
}

TEST_CASE("ServiceLink: a start that failed leaves its reason as the status") {
  TempFolder folder;
  const NotifyInbox inbox(folder.file("notify"));

  tell_failed_start(folder.file("notify"), "config.toml:3:1: listen.paht:\nunknown key");

  CHECK(inbox.next() == "STATUS=not started: config.toml:3:1: listen.paht: unknown key");
}

}  // namespace sidecar::testing

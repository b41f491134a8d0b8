#include "core/event_ring.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {

namespace {

std::string kept(const EventRing& ring) {
  std::string line;
  for (const EventRing::Kept& event : ring.kept()) {
    line += std::to_string(event.seq) + "=" + event.value + " ";
  }
  return line;
}

}  // namespace

TEST_CASE("EventRing: keeps events as they came") {
  EventRing ring(10, 100);

  ring.add(1, EventKind::kLive, "a");
  ring.add(2, EventKind::kGap, "b");

  CHECK(kept(ring) == "1=a 2=b ");
  CHECK(ring.kept()[0].kind == EventKind::kLive);
  CHECK(ring.kept()[1].kind == EventKind::kGap);
}

TEST_CASE("EventRing: over its count the oldest goes first") {
  EventRing ring(2, 100);

  for (uint64_t seq = 1; seq <= 4; ++seq) {
    ring.add(seq, EventKind::kLive, "x");
  }

  CHECK(kept(ring) == "3=x 4=x ");
}

TEST_CASE("EventRing: over its bytes the oldest go first, as many as must") {
  EventRing ring(100, 10);
  ring.add(1, EventKind::kLive, "aaaa");
  ring.add(2, EventKind::kLive, "bbbb");

  ring.add(3, EventKind::kLive, "cc");
  CHECK(kept(ring) == "1=aaaa 2=bbbb 3=cc ");
  ring.add(4, EventKind::kLive, "ddddd");

  CHECK(kept(ring) == "3=cc 4=ddddd ");
}

TEST_CASE("EventRing: the newest stays, however long it is") {
  EventRing ring(100, 10);
  ring.add(1, EventKind::kLive, "a");

  ring.add(2, EventKind::kLive, std::string(50, 'b'));
  CHECK(ring.kept().size() == 1);
  ring.add(3, EventKind::kLive, "c");

  CHECK(kept(ring) == "3=c ");
}

TEST_CASE("EventRing: has all after a place when nothing between is gone, and the place has been") {
  EventRing ring(2, 100);
  CHECK(ring.has_all_after(0, 0));
  CHECK_FALSE(ring.has_all_after(1, 0));
  for (uint64_t seq = 1; seq <= 4; ++seq) {
    ring.add(seq, EventKind::kLive, "x");
  }

  CHECK_FALSE(ring.has_all_after(0, 4));
  CHECK_FALSE(ring.has_all_after(1, 4));
  CHECK(ring.has_all_after(2, 4));
  CHECK(ring.has_all_after(3, 4));
  CHECK(ring.has_all_after(4, 4));
  CHECK_FALSE(ring.has_all_after(5, 4));
  CHECK_FALSE(ring.has_all_after(UINT64_MAX, 4));
}

}  // namespace sidecar::testing

#include "downstream/reply_lane.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {

namespace {

class FakeWire final : public LaneOutput {
 public:
  Flow write_piece(std::string_view bytes, bool is_first, bool is_last) override {
    wire += is_first ? "<" : "";
    wire += bytes;
    wire += is_last ? ">" : "";
    return Flow::kOk;
  }
  std::string wire;
};

}  // namespace

TEST_CASE("ReplyLane: whole answers go straight out") {
  FakeWire wire;
  ReplyLane lane(wire);

  lane.put_whole(1, "a");
  lane.put_whole(2, "b");

  CHECK(wire.wire == "<a><b>");
}

TEST_CASE("ReplyLane: nothing gets between the pieces of a long answer") {
  FakeWire wire;
  ReplyLane lane(wire);

  lane.put_piece(1, "a", true, false);
  lane.put_whole(2, "b");
  CHECK(lane.waiting_bytes() == 1);
  lane.put_piece(1, "c", false, true);

  CHECK(wire.wire == "<ac><b>");
  CHECK(lane.waiting_bytes() == 0);
}

TEST_CASE("ReplyLane: a second long answer waits, is held, and is resumed when its turn comes") {
  FakeWire wire;
  ReplyLane lane(wire);

  lane.put_piece(1, "a", true, false);
  CHECK(lane.put_piece(2, "x", true, false) == Flow::kFull);
  CHECK_FALSE(lane.take_resume());
  lane.put_piece(1, "b", false, true);
  CHECK(lane.take_resume());
  CHECK_FALSE(lane.take_resume());
  CHECK(lane.put_piece(2, "y", false, true) == Flow::kOk);

  CHECK(wire.wire == "<ab><xy>");
}

TEST_CASE("ReplyLane: a long answer that ended while it waited goes out whole") {
  FakeWire wire;
  ReplyLane lane(wire);

  lane.put_piece(1, "a", true, false);
  lane.put_piece(2, "x", true, false);
  lane.put_piece(2, "y", false, true);
  lane.put_piece(1, "b", false, true);

  CHECK(wire.wire == "<ab><xy>");
  CHECK_FALSE(lane.take_resume());
}

}  // namespace sidecar::testing

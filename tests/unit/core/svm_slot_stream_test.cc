#include "core/svm_slot_stream.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fake_stream_out.h"

namespace sidecar::testing {
namespace {

std::string event(int parent, int slot) {
  return R"({"parent":)" + std::to_string(parent) + R"(,"root":1,"slot":)" + std::to_string(slot) +
         "}";
}

/// It has told slot 100.
struct Begun {
  FakeStreamOut out;
  SvmSlotStream stream{StreamOptions{}, out};

  Begun() {
    stream.catch_up();
    stream.on_answer("99");
    stream.on_event(event(99, 100));
  }
  void lose_source() {
    stream.abandon();
    stream.catch_up();
  }
};

}  // namespace

TEST_CASE("SvmSlotStream: the first event after the source's slot is the first told") {
  Begun feed;

  CHECK(feed.out.asked.size() == 1);
  CHECK(feed.out.question() == R"(getSlot [{"commitment":"processed"}])");
  CHECK(feed.out.gaps.empty());
  CHECK(feed.out.text() == event(99, 100) + "\n");
  CHECK(feed.out.kinds() == "L");
}

TEST_CASE("SvmSlotStream: a slot with another parent is news, the same one is not") {
  Begun feed;

  feed.stream.on_event(event(100, 102));
  feed.stream.on_event(event(100, 101));  // a fork that is made later
  feed.stream.on_event(event(100, 102));
  feed.stream.on_event(event(101, 102));

  CHECK(feed.out.text() == event(99, 100) + "\n" + event(100, 102) + "\n" + event(100, 101) + "\n" +
                               event(101, 102) + "\n");
  CHECK(feed.out.gaps.empty());
}

TEST_CASE("SvmSlotStream: a new source whose next slot follows has missed nothing") {
  Begun feed;
  feed.lose_source();

  feed.stream.on_event(event(98, 99));   // it is behind
  feed.stream.on_event(event(99, 100));  // and repeats
  feed.stream.on_event(event(100, 103));
  feed.stream.on_event(event(103, 104));

  CHECK(feed.out.gaps.empty());
  CHECK(feed.out.text() == event(99, 100) + "\n" + event(100, 103) + "\n" + event(103, 104) + "\n");
}

TEST_CASE("SvmSlotStream: beside a source that is behind, one that is ahead leaves a gap") {
  Begun feed;
  feed.lose_source();
  feed.stream.on_event(event(100, 101));  // of the one that is behind
  feed.stream.catch_up(CatchUp::kOverlap);
  feed.stream.on_answer("105");

  feed.stream.on_event(event(105, 106));
  feed.stream.on_event(event(101, 102));

  REQUIRE(feed.out.gaps.size() == 1);
  CHECK(feed.out.gaps[0].members == R"("from_slot":102,"to_slot":105)");
  CHECK(feed.out.text() == event(99, 100) + "\n" + event(100, 101) + "\n" + event(105, 106) + "\n" +
                               event(101, 102) + "\n");
}

TEST_CASE("SvmSlotStream: a parent that nobody told is a gap") {
  Begun feed;
  feed.lose_source();
  feed.stream.on_event(event(104, 105));
  feed.stream.on_event(event(105, 107));

  REQUIRE(feed.out.gaps.size() == 1);
  CHECK(feed.out.gaps[0].reason == GapReason::kUnfillable);
  CHECK(feed.out.gaps[0].members == R"("from_slot":101,"to_slot":104)");
  CHECK(feed.out.gaps[0].after == 1);

  feed.lose_source();
  feed.lose_source();
  feed.stream.on_event(event(110, 111));
  REQUIRE(feed.out.gaps.size() == 2);
  CHECK(feed.out.gaps[1].members == R"("from_slot":108,"to_slot":110)");
}

// Cause: before the first event nobody knew where the stream stood.
TEST_CASE("SvmSlotStream: a first event far above where it began is a gap, whoever tells it") {
  for (const int parent : {100, 104, 105}) {
    CAPTURE(parent);
    FakeStreamOut out;
    SvmSlotStream stream(StreamOptions{}, out);
    stream.catch_up();
    stream.on_answer("100");  // and this source is silent
    stream.catch_up(CatchUp::kOverlap);
    stream.on_answer("105");

    stream.on_event(event(parent, parent + 1));

    CHECK(out.events.size() == 1);
    REQUIRE(out.gaps.size() == (parent == 105 ? 1 : 0));
    CHECK((parent != 105 || out.gaps[0].members == R"("from_slot":101,"to_slot":105)"));
  }
}

TEST_CASE("SvmSlotStream: a source without a single event leaves a gap, and the next a new place") {
  FakeStreamOut out;
  SvmSlotStream stream(StreamOptions{}, out);
  stream.catch_up();
  stream.on_answer("100");
  stream.abandon();
  stream.catch_up();
  stream.on_answer("103");

  REQUIRE(out.gaps.size() == 1);
  CHECK(out.gaps[0].members == R"("from_slot":101)");
  stream.on_event(event(110, 111));
  REQUIRE(out.gaps.size() == 2);
  CHECK(out.gaps[1].members == R"("from_slot":104,"to_slot":110)");
}

TEST_CASE("SvmSlotStream: given up before it has a place, the next source's place is after a gap") {
  FakeStreamOut out;
  SvmSlotStream stream(StreamOptions{}, out);
  stream.catch_up();
  stream.give_up(GapReason::kNoAnswer);
  stream.abandon();
  stream.catch_up();
  CHECK(out.gaps.empty());
  stream.on_answer("100");

  REQUIRE(out.gaps.size() == 1);
  CHECK(out.gaps[0].members.empty());
}

TEST_CASE("SvmSlotStream: a silent source whose node is further on is doubted the second time") {
  Begun feed;
  feed.stream.catch_up(CatchUp::kOverlap);
  CHECK(feed.out.question() == R"(getSlot [{"commitment":"processed"}])");
  feed.stream.on_answer("108");
  CHECK(feed.out.doubt_count == 0);

  feed.stream.catch_up(CatchUp::kOverlap);
  feed.stream.on_answer("120");
  CHECK(feed.out.doubt_count == 1);
  CHECK(feed.out.gaps.empty());
}

TEST_CASE("SvmSlotStream: a source that speaks again, or another one, is not doubted") {
  Begun feed;
  feed.stream.catch_up(CatchUp::kOverlap);
  feed.stream.on_event(event(100, 108));
  feed.stream.on_answer("108");
  feed.stream.catch_up(CatchUp::kOverlap);
  feed.stream.on_answer("120");
  CHECK(feed.out.doubt_count == 0);

  feed.stream.abandon();
  feed.stream.catch_up(CatchUp::kOverlap);
  feed.stream.on_answer("120");
  CHECK(feed.out.doubt_count == 0);
}

TEST_CASE("SvmSlotStream: events held while it asks come in order, without the overlap") {
  Begun feed;
  feed.stream.catch_up(CatchUp::kOverlap);
  feed.stream.on_event(event(99, 100));
  feed.stream.on_event(event(100, 101));
  feed.stream.on_event(event(101, 102));
  CHECK(feed.out.events.size() == 1);
  feed.stream.on_answer("102");

  CHECK(feed.out.text() == event(99, 100) + "\n" + event(100, 101) + "\n" + event(101, 102) + "\n");
}

TEST_CASE("SvmSlotStream: given up, the next event says whether anything is missing") {
  Begun feed;
  feed.stream.catch_up(CatchUp::kOverlap);
  feed.stream.on_event(event(103, 104));
  feed.stream.give_up(GapReason::kNoAnswer);

  REQUIRE(feed.out.gaps.size() == 1);
  CHECK(feed.out.gaps[0].members == R"("from_slot":101,"to_slot":103)");
  CHECK(feed.out.events.size() == 2);
}

TEST_CASE("SvmSlotStream: it cannot be polled, and garbage is counted or doubted") {
  Begun feed;
  feed.stream.on_event("7");
  feed.stream.on_event(R"({"slot":1})");
  CHECK(feed.stream.bad_count() == 2);

  feed.stream.catch_up(CatchUp::kOverlap);
  feed.stream.on_answer("null");
  CHECK(feed.out.doubt_count == 1);
  feed.stream.abandon();
  feed.stream.catch_up(CatchUp::kPoll);
  CHECK(feed.out.doubt_count == 2);
}

}  // namespace sidecar::testing

#include "core/svm_passing_stream.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fake_stream_out.h"

namespace sidecar::testing {
namespace {

std::string vote(int slot) {
  return R"({"hash":"h","signature":"s)" + std::to_string(slot) + R"(","slots":[)" +
         std::to_string(slot) + R"(],"timestamp":1,"votePubkey":"v"})";
}

std::string update(int slot, const std::string& type, int timestamp) {
  return R"({"slot":)" + std::to_string(slot) + R"(,"timestamp":)" + std::to_string(timestamp) +
         R"(,"type":")" + type + R"("})";
}

}  // namespace

TEST_CASE("SvmPassingStream: each event once, a source change is a gap, an overlap is none") {
  FakeStreamOut out;
  SvmPassingStream stream(FeedKind::kVote, {}, out);
  stream.catch_up();
  CHECK(out.gaps.empty());
  stream.on_event(vote(1));
  stream.on_event(vote(2));
  stream.on_event(vote(1));
  stream.catch_up(CatchUp::kOverlap);
  CHECK(out.gaps.empty());
  stream.abandon();
  stream.catch_up();
  stream.on_event(vote(2));
  stream.on_event(vote(3));

  CHECK(out.text() == vote(1) + "\n" + vote(2) + "\n" + vote(3) + "\n");
  CHECK(out.kinds() == "LLL");
  REQUIRE(out.gaps.size() == 1);
  CHECK(out.gaps[0].reason == GapReason::kUnfillable);
  CHECK(out.gaps[0].after == 2);
  CHECK(out.asked.empty());
}

TEST_CASE("SvmPassingStream: another node's word for the same step of a slot is a repetition") {
  FakeStreamOut out;
  SvmPassingStream stream(FeedKind::kSlotsUpdates, {}, out);
  stream.catch_up();
  stream.on_event(update(5, "completed", 1000));
  stream.on_event(update(5, "completed", 1007));
  stream.on_event(update(5, "frozen", 1007));

  CHECK(out.text() == update(5, "completed", 1000) + "\n" + update(5, "frozen", 1007) + "\n");
}

TEST_CASE("SvmPassingStream: of votes the time is part of the vote") {
  FakeStreamOut out;
  SvmPassingStream stream(FeedKind::kVote, {}, out);
  stream.catch_up();
  stream.on_event(update(5, "x", 1000));
  stream.on_event(update(5, "x", 1007));

  CHECK(out.events.size() == 2);
}

TEST_CASE("SvmPassingStream: it cannot be polled; garbage is counted") {
  FakeStreamOut out;
  SvmPassingStream stream(FeedKind::kVote, {}, out);
  stream.catch_up();
  stream.on_event("");
  stream.on_event("null");
  CHECK(stream.bad_count() == 2);
  CHECK(out.events.empty());

  stream.catch_up(CatchUp::kPoll);
  CHECK(out.doubt_count == 1);
}

}  // namespace sidecar::testing

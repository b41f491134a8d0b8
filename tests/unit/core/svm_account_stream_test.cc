#include "core/svm_account_stream.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fake_stream_out.h"

namespace sidecar::testing {
namespace {

std::string account(int lamports) {
  return R"({"lamports":)" + std::to_string(lamports) +
         R"(,"data":["","base64"],"owner":"own","executable":false,"rentEpoch":5,"space":0})";
}

std::string event(int slot, int lamports) {
  return R"({"context":{"slot":)" + std::to_string(slot) + R"(},"value":)" + account(lamports) +
         "}";
}

/// As getAccountInfo has it.
std::string answer(int slot, const std::string& account) {
  return R"({"context":{"apiVersion":"2.0.1","slot":)" + std::to_string(slot) + R"(},"value":)" +
         account + "}";
}

struct Begun {
  FakeStreamOut out;
  SvmAccountStream stream;

  explicit Begun(const StreamOptions& options = {})
      : stream(
            R"(["acc",{"commitment":"confirmed","dataSlice":{"length":1,"offset":0},"encoding":"base64"}])",
            options, out) {
    stream.catch_up();
    stream.on_answer(answer(100, account(1)));
  }
};

}  // namespace

TEST_CASE("SvmAccountStream: asks with the config of its subscription") {
  Begun feed;

  CHECK(
      feed.out.question() ==
      R"(getAccountInfo ["acc",{"commitment":"confirmed","dataSlice":{"length":1,"offset":0},"encoding":"base64"}])");
}

TEST_CASE(
    "SvmAccountStream: the first catch-up tells nothing, and what it said is not told after") {
  Begun feed;
  CHECK(feed.out.events.empty());
  CHECK(feed.out.caught_up_count == 1);

  feed.stream.on_event(event(99, 7));   // before it began
  feed.stream.on_event(event(100, 1));  // what the answer was
  CHECK(feed.out.events.empty());

  feed.stream.on_event(event(101, 1));
  CHECK(feed.out.text() == event(101, 1) + "\n");
  CHECK(feed.out.kinds() == "L");
}

TEST_CASE("SvmAccountStream: several states of one slot are kept, repetitions dropped") {
  Begun feed;

  feed.stream.on_event(event(101, 2));
  feed.stream.on_event(event(101, 3));
  feed.stream.on_event(event(101, 2));  // another source, later
  feed.stream.on_event(event(101, 3));
  feed.stream.on_event(event(100, 9));  // one that is behind

  CHECK(feed.out.text() == event(101, 2) + "\n" + event(101, 3) + "\n");
}

TEST_CASE("SvmAccountStream: a state missed between two sources is told before what was held") {
  Begun feed;
  feed.stream.on_event(event(101, 2));
  feed.stream.abandon();

  feed.stream.catch_up();
  feed.stream.on_event(event(104, 5));  // overlaps with the answer
  feed.stream.on_event(event(106, 6));
  CHECK(feed.out.events.size() == 1);
  feed.stream.on_answer(answer(105, account(5)));

  CHECK(feed.out.text() == event(101, 2) + "\n" + event(105, 5) + "\n" + event(106, 6) + "\n");
  CHECK(feed.out.kinds() == "LRL");
  CHECK(feed.out.gaps.empty());
}

TEST_CASE("SvmAccountStream: the same state is not told again, but the way back to it is") {
  Begun feed;
  feed.stream.on_event(event(101, 2));
  feed.stream.abandon();

  feed.stream.catch_up();
  feed.stream.on_event(event(103, 3));
  feed.stream.on_event(event(104, 2));
  feed.stream.on_answer(answer(105, account(2)));
  CHECK(feed.out.text() == event(101, 2) + "\n" + event(103, 3) + "\n" + event(104, 2) + "\n");

  feed.stream.on_event(event(105, 2));  // the same node's word for what it has answered
  CHECK(feed.out.events.size() == 3);
}

TEST_CASE("SvmAccountStream: a node that is behind changes nothing, and its events are dropped") {
  Begun feed;
  feed.stream.on_event(event(110, 2));
  feed.stream.abandon();

  feed.stream.catch_up();
  feed.stream.on_event(event(102, 7));
  feed.stream.on_answer(answer(101, account(7)));
  feed.stream.on_event(event(110, 2));
  CHECK(feed.out.events.size() == 1);

  feed.stream.on_event(event(111, 3));
  CHECK(feed.out.events.size() == 2);
}

TEST_CASE("SvmAccountStream: two sources lost in a row, the third fills") {
  Begun feed;
  feed.stream.on_event(event(101, 2));
  feed.stream.abandon();
  feed.stream.catch_up();
  feed.stream.on_event(event(103, 3));
  feed.stream.abandon();  // what was held is gone with it

  feed.stream.catch_up();
  feed.stream.on_answer(answer(107, account(4)));

  CHECK(feed.out.text() == event(101, 2) + "\n" + event(107, 4) + "\n");
}

TEST_CASE("SvmAccountStream: an account that is gone is told as nodes tell it, once") {
  Begun feed;
  feed.stream.catch_up(CatchUp::kOverlap);
  feed.stream.on_answer(answer(105, "null"));
  const std::string gone =
      R"({"context":{"slot":105},"value":{"lamports":0,"data":["","base64"],"owner":"11111111111111111111111111111111","executable":false,"rentEpoch":0,"space":0}})";
  CHECK(feed.out.text() == gone + "\n");

  feed.stream.on_event(
      R"({"context":{"slot":105},"value":{"lamports":0,"data":["",""],"owner":"x","executable":false}})");
  CHECK(feed.out.events.size() == 1);
}

TEST_CASE("SvmAccountStream: what providers write differently is no change") {
  Begun feed;
  feed.stream.catch_up();
  feed.stream.on_answer(answer(
      105,
      R"({"data":["","base64"],"executable":false,"lamports":1,"owner":"own","rentEpoch":18446744073709551615})"));

  CHECK(feed.out.events.empty());
}

TEST_CASE("SvmAccountStream: polled states are live") {
  Begun feed;

  feed.stream.catch_up(CatchUp::kPoll);
  feed.stream.on_answer(answer(105, account(2)));

  CHECK(feed.out.text() == event(105, 2) + "\n");
  CHECK(feed.out.kinds() == "L");
}

TEST_CASE("SvmAccountStream: an answer that cannot be is doubted") {
  for (const char* garbage : {"", " ", "null", "[]", "7", R"({"context":{}})",
                              R"({"context":{"slot":-1},"value":{}})", R"({"value":null})"}) {
    CAPTURE(garbage);
    FakeStreamOut out;
    SvmAccountStream stream(R"(["acc",{"commitment":"finalized"}])", {}, out);
    stream.catch_up();
    stream.on_answer(garbage);

    CHECK(out.doubt_count == 1);
    CHECK(out.caught_up_count == 0);
    CHECK(stream.is_asking());
  }
}

TEST_CASE("SvmAccountStream: giving up is a gap, and what is held goes on") {
  Begun feed;
  feed.stream.catch_up();
  feed.stream.on_event(event(105, 2));

  feed.stream.give_up(GapReason::kNoAnswer);

  REQUIRE(feed.out.gaps.size() == 1);
  CHECK(feed.out.gaps[0].reason == GapReason::kNoAnswer);
  CHECK(feed.out.gaps[0].members == R"("from_slot":100)");
  CHECK(feed.out.gaps[0].after == 0);
  CHECK(feed.out.text() == event(105, 2) + "\n");
}

TEST_CASE("SvmAccountStream: giving up at first is no gap; the next answer then tells the state") {
  FakeStreamOut out;
  SvmAccountStream stream(R"(["acc",{"commitment":"finalized"}])", {}, out);
  stream.catch_up();
  stream.give_up(GapReason::kNoAnswer);
  CHECK(out.gaps.empty());
  CHECK(out.caught_up_count == 1);

  stream.catch_up();
  stream.on_answer(answer(105, account(2)));
  CHECK(out.text() == event(105, 2) + "\n");
}

}  // namespace sidecar::testing

#include "core/svm_program_stream.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "tests/support/fake_stream_out.h"

namespace sidecar::testing {
namespace {

std::string row(const std::string& pubkey, int lamports) {
  return R"({"pubkey":")" + pubkey + R"(","account":{"lamports":)" + std::to_string(lamports) +
         R"(,"data":"","owner":"prog","executable":false}})";
}

std::string event(int slot, const std::string& pubkey, int lamports) {
  return R"({"context":{"slot":)" + std::to_string(slot) + R"(},"value":)" + row(pubkey, lamports) +
         "}";
}

std::string answer(int slot, std::initializer_list<std::string> rows) {
  std::string text =
      R"({"context":{"apiVersion":"2.0.1","slot":)" + std::to_string(slot) + R"(},"value":[)";
  for (const std::string& each : rows) {
    text += (text.back() == '[' ? "" : ",") + each;
  }
  return text + "]}";
}

struct Begun {
  FakeStreamOut out;
  SvmProgramStream stream;

  explicit Begun(size_t seen_max = 100)
      : stream(
            R"(["prog",{"commitment":"confirmed","encoding":"base64","filters":[{"dataSize":8}]}])",
            StreamOptions{.seen_max = seen_max}, out) {
    stream.catch_up();
    stream.on_answer(answer(100, {row("a", 1), row("b", 1)}));
  }
};

}  // namespace

TEST_CASE("SvmProgramStream: asks for the list with its context") {
  Begun feed;

  CHECK(
      feed.out.question() ==
      R"(getProgramAccounts ["prog",{"commitment":"confirmed","encoding":"base64","filters":[{"dataSize":8}],"withContext":true}])");
}

TEST_CASE("SvmProgramStream: the first list tells nothing, live events follow") {
  Begun feed;
  CHECK(feed.out.events.empty());

  feed.stream.on_event(event(99, "a", 7));   // before it began
  feed.stream.on_event(event(99, "x", 7));   // likewise, and gone by then
  feed.stream.on_event(event(100, "a", 1));  // what the list said
  feed.stream.on_event(event(101, "a", 2));
  feed.stream.on_event(event(101, "b", 2));
  feed.stream.on_event(event(101, "a", 3));
  feed.stream.on_event(event(101, "a", 2));  // again
  feed.stream.on_event(event(100, "b", 9));  // a source that is behind

  CHECK(feed.out.text() ==
        event(101, "a", 2) + "\n" + event(101, "b", 2) + "\n" + event(101, "a", 3) + "\n");
  CHECK(feed.out.kinds() == "LLL");
}

TEST_CASE(
    "SvmProgramStream: accounts that differ are told in the list's order, then what was held") {
  Begun feed;
  feed.stream.on_event(event(101, "a", 2));
  feed.stream.abandon();

  feed.stream.catch_up();
  feed.stream.on_event(event(104, "c", 1));  // overlaps with the list
  feed.stream.on_event(event(106, "b", 6));
  feed.stream.on_answer(answer(105, {row("c", 1), row("a", 2), row("b", 5)}));

  CHECK(feed.out.text() == event(101, "a", 2) + "\n" + event(105, "c", 1) + "\n" +
                               event(105, "b", 5) + "\n" + event(106, "b", 6) + "\n");
  CHECK(feed.out.kinds() == "LRRL");
  CHECK(feed.out.gaps.empty());
}

TEST_CASE("SvmProgramStream: a list older than what is known of an account does not undo it") {
  Begun feed;
  feed.stream.on_event(event(110, "a", 2));
  feed.stream.on_event(event(110, "c", 1));
  feed.stream.abandon();

  feed.stream.catch_up();
  feed.stream.on_answer(answer(105, {row("a", 1), row("b", 3)}));
  CHECK(feed.out.text() ==
        event(110, "a", 2) + "\n" + event(110, "c", 1) + "\n" + event(105, "b", 3) + "\n");

  feed.stream.catch_up();
  feed.stream.on_answer(answer(112, {row("a", 2), row("b", 3), row("c", 1)}));
  CHECK(feed.out.events.size() == 3);
}

TEST_CASE("SvmProgramStream: an account that comes back as it was is news") {
  Begun feed;

  feed.stream.catch_up(CatchUp::kOverlap);
  feed.stream.on_answer(answer(105, {row("a", 1)}));
  CHECK(feed.out.events.empty());
  feed.stream.catch_up(CatchUp::kOverlap);
  feed.stream.on_answer(answer(110, {row("a", 1), row("b", 1)}));

  CHECK(feed.out.text() == event(110, "b", 1) + "\n");
}

TEST_CASE("SvmProgramStream: two sources lost in a row, the third fills") {
  Begun feed;
  feed.stream.abandon();
  feed.stream.catch_up();
  feed.stream.on_event(event(103, "a", 3));
  feed.stream.abandon();

  feed.stream.catch_up();
  feed.stream.on_answer(answer(107, {row("a", 4), row("b", 1)}));

  CHECK(feed.out.text() == event(107, "a", 4) + "\n");
}

TEST_CASE("SvmProgramStream: with a first list too long a source change is a gap") {
  Begun feed(/*seen_max=*/1);
  CHECK(feed.out.caught_up_count == 1);
  CHECK(feed.out.gaps.empty());
  feed.stream.on_event(event(101, "a", 2));
  const size_t asked = feed.out.asked.size();
  feed.stream.abandon();

  feed.stream.catch_up();

  CHECK(feed.out.asked.size() == asked);
  REQUIRE(feed.out.gaps.size() == 1);
  CHECK(feed.out.gaps[0].reason == GapReason::kUnfillable);
  CHECK(feed.out.gaps[0].members == R"("from_slot":101)");
  feed.stream.on_event(event(101, "a", 2));
  CHECK(feed.out.events.size() == 1);
}

TEST_CASE("SvmProgramStream: an overlap is no gap, and a long list cannot be polled") {
  Begun feed(/*seen_max=*/1);

  feed.stream.catch_up(CatchUp::kOverlap);
  CHECK(feed.out.gaps.empty());
  CHECK_FALSE(feed.stream.is_asking());

  feed.stream.catch_up(CatchUp::kPoll);
  CHECK(feed.out.doubt_count == 1);
}

TEST_CASE("SvmProgramStream: a program that grows beyond seen_max becomes unfillable") {
  Begun feed(/*seen_max=*/2);
  feed.stream.on_event(event(101, "c", 1));
  feed.stream.abandon();

  feed.stream.catch_up();

  REQUIRE(feed.out.gaps.size() == 1);
  CHECK(feed.out.gaps[0].reason == GapReason::kUnfillable);
}

TEST_CASE("SvmProgramStream: a later list too long is told as far as it goes, then a gap") {
  Begun feed(/*seen_max=*/2);

  feed.stream.catch_up();
  feed.stream.on_answer(answer(105, {row("c", 1), row("d", 1), row("e", 1), row("f", 1)}));

  CHECK(feed.out.events.size() == 3);
  REQUIRE(feed.out.gaps.size() == 1);
  CHECK(feed.out.gaps[0].reason == GapReason::kFillLimit);
  CHECK(feed.out.gaps[0].after == 3);
}

TEST_CASE("SvmProgramStream: a list without its context, or none at all, is doubted") {
  for (const char* garbage : {"", "null", "[]", R"([{"pubkey":"a","account":{}}])",
                              R"({"context":{"slot":1},"value":{}})"}) {
    CAPTURE(garbage);
    FakeStreamOut out;
    SvmProgramStream stream(R"(["prog",{"commitment":"finalized"}])", {}, out);
    stream.catch_up();
    stream.on_answer(garbage);

    CHECK(out.doubt_count == 1);
    CHECK(out.caught_up_count == 0);
  }
}

TEST_CASE("SvmProgramStream: given up at first, it is never filled, but goes on") {
  FakeStreamOut out;
  SvmProgramStream stream(R"(["prog",{"commitment":"finalized"}])", {}, out);
  stream.catch_up();
  stream.on_event(event(105, "a", 2));
  stream.give_up(GapReason::kNoAnswer);
  CHECK(out.gaps.empty());
  CHECK(out.text() == event(105, "a", 2) + "\n");

  stream.catch_up();
  CHECK(out.asked.size() == 1);
  CHECK(out.gaps.size() == 1);
}

TEST_CASE("SvmProgramStream: given up later, a gap is told and the next list fills again") {
  Begun feed;
  feed.stream.catch_up();
  feed.stream.on_event(event(105, "a", 2));
  feed.stream.give_up(GapReason::kNoAnswer);
  REQUIRE(feed.out.gaps.size() == 1);
  CHECK(feed.out.gaps[0].reason == GapReason::kNoAnswer);

  feed.stream.catch_up();
  feed.stream.on_answer(answer(110, {row("a", 2), row("b", 4)}));
  CHECK(feed.out.text() == event(105, "a", 2) + "\n" + event(110, "b", 4) + "\n");
}

TEST_CASE("SvmProgramStream: who is behind tells nothing of an account that a list lacks since") {
  Begun feed;
  feed.stream.abandon();
  feed.stream.catch_up();
  feed.stream.on_answer(answer(110, {row("b", 1)}));

  feed.stream.on_event(event(105, "a", 3));
  CHECK(feed.out.events.empty());
  feed.stream.on_event(event(111, "a", 4));

  CHECK(feed.out.text() == event(111, "a", 4) + "\n");
}

}  // namespace sidecar::testing

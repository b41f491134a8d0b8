#include "core/head_stream.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fake_stream_out.h"
#include "tests/unit/core/head_stream_scene.h"

namespace sidecar::testing {

TEST_CASE("HeadStream: F05 fill_blocks_max heads are filled, one more is a gap") {
  Heads filled;
  filled.stream.catch_up();
  filled.answer(15, "a15", "a14");
  for (uint64_t number = 14; number > 10; --number) {
    filled.answer(number, "a" + std::to_string(number), "a" + std::to_string(number - 1));
  }
  CHECK(filled.told() == "late:a11 late:a12 late:a13 late:a14 late:a15");
  CHECK(filled.out.gaps.empty());

  Heads longer;
  longer.stream.catch_up();
  longer.answer(16, "a16", "a15");
  longer.tell(17, "a17", "a16");
  CHECK(longer.told() == "late:a16 live:a17");
  REQUIRE(longer.out.gaps.size() == 1);
  CHECK(longer.out.gaps[0].reason == GapReason::kFillLimit);
  CHECK(longer.out.gaps[0].members == R"("from_block":"0xb","to_block":"0xf")");
  CHECK(longer.out.gaps[0].after == 0);
  CHECK(longer.out.asked.size() == 1);  // nothing is walked to that is too far to reach
}

TEST_CASE("HeadStream: F05 a walk that finds no known parent ends at fill_blocks_max") {
  StreamOptions options = few_blocks();
  options.fill_blocks_max = 2;
  Heads heads(options);
  heads.tell(11, "a11", "a10");
  heads.tell(12, "a12", "a11");
  heads.told();

  heads.tell(14, "b14", "b13");
  heads.answer(13, "b13", "b12");
  heads.answer(12, "b12", "b11");

  CHECK(heads.told() == "live:b14");
  REQUIRE(heads.out.gaps.size() == 1);
  CHECK(heads.out.gaps[0].reason == GapReason::kFillLimit);
  CHECK(heads.out.gaps[0].members == R"("from_block":"0xd","to_block":"0xd")");
}

TEST_CASE("HeadStream: F10 a reorganisation deeper than what is remembered is a gap") {
  Heads heads;
  heads.tell(11, "a11", "a10");
  heads.told();

  heads.tell(12, "b12", "b11");
  heads.answer(11, "b11", "b10");
  heads.answer(10, "b10", "b9");
  heads.answer(9, "b9", "b8");
  heads.tell(13, "b13", "b12");

  CHECK(heads.told() == "live:b12 live:b13");
  REQUIRE(heads.out.gaps.size() == 1);
  CHECK(heads.out.gaps[0].reason == GapReason::kReorg);
  CHECK_FALSE(heads.stream.is_asking());
}

TEST_CASE("HeadStream: F10 a header from below all that is remembered names no empty stretch") {
  Heads heads;
  heads.tell(11, "a11", "a10");
  heads.told();

  heads.tell(7, "b7", "b6");
  CHECK(heads.told() == "live:b7");
  heads.tell(0, "c0", "c");
  CHECK(heads.told() == "live:c0");

  REQUIRE(heads.out.gaps.size() == 2);
  CHECK(heads.out.gaps[0].reason == GapReason::kReorg);
  CHECK(heads.out.gaps[0].members.empty());
  CHECK(heads.out.gaps[1].members.empty());
}

TEST_CASE("HeadStream: twice fill_blocks_max headers are remembered") {
  Heads heads;
  for (uint64_t number = 11; number <= 30; ++number) {
    heads.tell(number, "a" + std::to_string(number), "a" + std::to_string(number - 1));
  }
  heads.told();

  heads.tell(24, "b24", "a23");  // a23 is the eighth from the end
  CHECK(heads.told() == "live:b24");
  CHECK(heads.out.gaps.empty());

  Heads deeper;
  for (uint64_t number = 11; number <= 30; ++number) {
    deeper.tell(number, "a" + std::to_string(number), "a" + std::to_string(number - 1));
  }
  deeper.tell(23, "b23", "a22");
  REQUIRE(deeper.out.gaps.size() == 1);
  CHECK(deeper.out.gaps[0].reason == GapReason::kReorg);
}

TEST_CASE("HeadStream: F07 who gives up tells a gap, and what was held goes on after it") {
  Heads heads;
  heads.tell(13, "a13", "a12");
  heads.tell(14, "a14", "a13");

  heads.stream.give_up(GapReason::kNoAnswer);

  REQUIRE(heads.out.gaps.size() == 1);
  CHECK(heads.out.gaps[0].reason == GapReason::kNoAnswer);
  CHECK(heads.out.gaps[0].members == R"("from_block":"0xb")");
  CHECK(heads.told() == "live:a14");
  CHECK_FALSE(heads.stream.is_asking());
  heads.tell(15, "a15", "a14");
  CHECK(heads.told() == "live:a15");
}

TEST_CASE("HeadStream: F07 a source that is left in the middle of a walk leaves nothing behind") {
  Heads heads;
  heads.tell(13, "a13", "a12");
  heads.tell(14, "a14", "a13");
  heads.answer(12, "a12", "a11");

  heads.stream.abandon();
  CHECK_FALSE(heads.stream.is_asking());
  CHECK(heads.told().empty());
  heads.stream.catch_up();
  heads.answer(12, "a12", "a11");
  heads.answer(11, "a11", "a10");

  CHECK(heads.told() == "late:a11 late:a12");
  CHECK_FALSE(heads.stream.is_asking());  // what was held of it is forgotten
  CHECK(heads.out.gaps.empty());
}

TEST_CASE("HeadStream: more than may be held is asked for again when the rest is out") {
  Heads heads;
  heads.stream.catch_up();
  for (uint64_t number = 11; number <= 15; ++number) {
    heads.tell(number, "a" + std::to_string(number), "a" + std::to_string(number - 1));
  }

  heads.answer(10, "a10", "a9");
  CHECK(heads.told() == "live:a11 live:a12 live:a13");
  CHECK(heads.out.question() == latest());
  CHECK(heads.stream.is_asking());
  heads.answer(15, "a15", "a14");
  heads.answer(14, "a14", "a13");

  CHECK(heads.told() == "late:a14 late:a15");
  CHECK(heads.out.gaps.empty());
}

TEST_CASE("HeadStream: held_bytes_max bounds what is held as well") {
  StreamOptions options = few_blocks();
  options.held_bytes_max = header(11, "a11", "a10").size();
  Heads heads(options);
  heads.stream.catch_up();

  heads.tell(11, "a11", "a10");
  heads.tell(12, "a12", "a11");
  heads.answer(10, "a10", "a9");

  CHECK(heads.told() == "live:a11");
  CHECK(heads.out.question() == latest());
}

TEST_CASE("HeadStream: a node that cannot say what is newest is doubted") {
  Heads heads;
  heads.stream.catch_up();
  heads.stream.on_answer("null");
  heads.tell(11, "a11", "a10");

  CHECK(heads.out.doubt_count == 1);
  CHECK(heads.stream.is_asking());
  CHECK(heads.told().empty());

  heads.stream.abandon();
  heads.stream.catch_up();
  heads.answer(11, "a11", "a10");
  CHECK(heads.told() == "late:a11");
}

TEST_CASE("HeadStream: a node without a parent, or with another block in its place, is doubted") {
  for (const std::string& answer : {std::string("null"), header(12, "b12", "b11"),
                                    std::string(R"({"number":"0xc"})"), std::string()}) {
    CAPTURE(answer);
    Heads heads;
    heads.tell(13, "a13", "a12");

    heads.stream.on_answer(answer);

    CHECK(heads.out.doubt_count == 1);
    CHECK(heads.told().empty());
    CHECK(heads.out.gaps.empty());
    heads.stream.abandon();
    heads.stream.catch_up();
    heads.answer(11, "a11", "a10");
    CHECK(heads.told() == "late:a11");
  }
}

TEST_CASE("HeadStream: garbage is dropped and counted") {
  Heads heads;

  heads.stream.on_event("null");
  heads.stream.on_event("");
  heads.stream.on_event(R"({"number":null,"hash":null,"parentHash":"a10"})");
  heads.tell(11, "a11", "a10");

  CHECK(heads.stream.bad_count() == 3);
  CHECK(heads.told() == "live:a11");
}

}  // namespace sidecar::testing

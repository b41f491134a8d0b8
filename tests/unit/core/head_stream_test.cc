#include "core/head_stream.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fake_stream_out.h"
#include "tests/unit/core/head_stream_scene.h"

namespace sidecar::testing {

TEST_CASE("HeadStream: the first catch-up finds its place and tells nothing") {
  FakeStreamOut out;
  HeadStream stream(few_blocks(), out);
  CHECK_FALSE(stream.number());

  stream.catch_up();
  CHECK(out.question() == latest());
  stream.on_answer(header(10, "a10", "a9"));

  CHECK(out.events.empty());
  CHECK(out.gaps.empty());
  CHECK(out.caught_up_count == 1);
  CHECK(stream.number() == 10);
}

TEST_CASE("HeadStream: what came before the first answer follows it, and nothing of before it") {
  FakeStreamOut out;
  HeadStream stream(few_blocks(), out);
  stream.catch_up();
  stream.on_event(header(8, "a8", "a7"));
  stream.on_event(header(10, "a10", "a9"));
  stream.on_event(header(11, "a11", "a10"));
  CHECK(out.events.empty());

  stream.on_answer(header(10, "a10", "a9"));

  CHECK(out.text() == header(11, "a11", "a10") + "\n");
  CHECK(out.kinds() == "L");
  CHECK(out.gaps.empty());
  CHECK(out.asked.size() == 1);
}

TEST_CASE("HeadStream: the first block may be replaced by its sibling") {
  Heads heads;

  heads.tell(10, "b10", "a9");
  heads.tell(11, "b11", "b10");

  CHECK(heads.told() == "live:b10 live:b11");
  CHECK(heads.out.gaps.empty());
}

TEST_CASE("HeadStream: F08 a header that is told again comes once") {
  Heads heads;

  heads.tell(11, "a11", "a10");
  heads.tell(11, "a11", "a10");
  heads.tell(12, "a12", "a11");
  heads.tell(11, "a11", "a10");
  heads.tell(10, "a10", "a9");

  CHECK(heads.told() == "live:a11 live:a12");
  CHECK(heads.out.asked.empty());
}

TEST_CASE("HeadStream: heads that a live source left out are walked to, the rest waits") {
  Heads heads;

  heads.tell(13, "a13", "a12");
  CHECK(heads.out.question() == by_hash("a12"));
  heads.tell(14, "a14", "a13");
  heads.answer(12, "a12", "a11");
  CHECK(heads.out.question() == by_hash("a11"));
  CHECK(heads.told().empty());
  heads.answer(11, "a11", "a10");

  CHECK(heads.told() == "late:a11 late:a12 live:a13 live:a14");
  CHECK(heads.out.caught_up_count == 1);
}

TEST_CASE("HeadStream: a block is told as newHeads would, without its transactions") {
  Heads heads;

  heads.tell(12, "a12", "a11");
  heads.stream.on_answer(
      R"({"number":"0xb","transactions":["0x1"],"hash":"a11","parentHash":"a10","size":"0x9"})");

  REQUIRE(heads.out.events.size() == 2);
  CHECK(heads.out.events[0].value == header(11, "a11", "a10"));
}

TEST_CASE("HeadStream: a live reorganisation gives the new branch in order") {
  Heads heads;
  heads.tell(11, "a11", "a10");
  heads.tell(12, "a12", "a11");
  heads.told();

  heads.tell(11, "b11", "a10");
  heads.tell(12, "b12", "b11");
  heads.tell(13, "b13", "b12");

  CHECK(heads.told() == "live:b11 live:b12 live:b13");
  CHECK(heads.stream.number() == 13);
}

TEST_CASE("HeadStream: a reorganisation of which only the tip is told is walked to its beginning") {
  Heads heads;
  heads.tell(11, "a11", "a10");
  heads.tell(12, "a12", "a11");
  heads.told();

  heads.tell(12, "b12", "b11");
  CHECK(heads.out.question() == by_hash("b11"));
  heads.answer(11, "b11", "a10");

  CHECK(heads.told() == "late:b11 live:b12");
}

TEST_CASE("HeadStream: an orphan that is told late brings nothing back if its node has left it") {
  Heads heads;
  heads.tell(11, "a11", "a10");
  heads.tell(12, "a12", "a11");
  heads.tell(11, "b11", "a10");
  heads.tell(12, "b12", "b11");
  heads.told();

  heads.tell(11, "a11", "a10");
  CHECK(heads.out.question() == latest());
  heads.tell(12, "a12", "a11");
  heads.answer(12, "b12", "b11");
  heads.tell(11, "a11", "a10");

  CHECK(heads.told().empty());
  CHECK_FALSE(heads.stream.is_asking());
  CHECK(heads.stream.number() == 12);
}

// Cause: an orphan never came back but under a child, so the tip stayed wrong while no block came.
TEST_CASE("HeadStream: a node's own reorganisation at one length counts, orphan or not") {
  Heads heads;
  heads.tell(11, "b11", "a10");
  heads.told();

  heads.stream.abandon();  // the next source has not heard of b11 yet
  heads.stream.catch_up();
  heads.answer(11, "a11", "a10");
  CHECK(heads.told() == "late:a11");
  heads.tell(11, "b11", "a10");
  CHECK(heads.out.question() == latest());
  heads.answer(11, "b11", "a10");
  CHECK(heads.told() == "late:b11");

  heads.stream.abandon();  // and its tip may have changed back when another one takes over
  heads.stream.catch_up();
  heads.answer(11, "a11", "a10");
  CHECK(heads.told() == "late:a11");
}

TEST_CASE("HeadStream: a branch that wins again is told again") {
  Heads heads;
  heads.tell(11, "a11", "a10");
  heads.tell(11, "b11", "a10");
  heads.told();

  heads.tell(12, "a12", "a11");
  CHECK(heads.out.question() == by_hash("a11"));
  heads.answer(11, "a11", "a10");

  CHECK(heads.told() == "late:a11 live:a12");
}

TEST_CASE("HeadStream: a new source fills what was missed, and what it tells meanwhile follows") {
  Heads heads;
  heads.tell(11, "a11", "a10");
  heads.told();
  heads.stream.abandon();

  heads.stream.catch_up();
  CHECK(heads.out.question() == latest());
  heads.tell(13, "a13", "a12");
  heads.tell(14, "a14", "a13");
  heads.answer(13, "a13", "a12");
  CHECK(heads.out.question() == by_hash("a12"));
  heads.answer(12, "a12", "a11");

  CHECK(heads.told() == "late:a12 late:a13 live:a14");
  CHECK_FALSE(heads.stream.is_asking());
}

TEST_CASE("HeadStream: a branch that a new source has left already is not told") {
  Heads heads;
  heads.tell(11, "b11", "a10");
  heads.tell(12, "b12", "b11");
  heads.told();
  heads.stream.abandon();

  // It tells before it confirms, and changed its mind in between.
  heads.stream.catch_up();
  heads.tell(11, "a11", "a10");
  heads.tell(11, "b11", "a10");
  heads.tell(12, "b12", "b11");
  heads.answer(12, "b12", "b11");

  CHECK(heads.told().empty());
  CHECK(heads.stream.number() == 12);
  CHECK_FALSE(heads.stream.is_asking());
}

TEST_CASE("HeadStream: a reorganisation told while parents are asked for follows") {
  Heads heads;
  heads.stream.catch_up();
  heads.answer(12, "a12", "a11");
  heads.tell(12, "b12", "a11");
  heads.answer(11, "a11", "a10");

  CHECK(heads.told() == "late:a11 late:a12 live:b12");
}

TEST_CASE("HeadStream: F09 a reorganisation during the gap gives the new branch in order") {
  Heads heads;
  heads.tell(11, "a11", "a10");
  heads.tell(12, "a12", "a11");
  heads.told();

  heads.stream.catch_up();
  heads.answer(13, "b13", "b12");
  heads.answer(12, "b12", "b11");
  heads.answer(11, "b11", "a10");

  CHECK(heads.told() == "late:b11 late:b12 late:b13");
  CHECK(heads.out.gaps.empty());
}

TEST_CASE("HeadStream: a source that is behind neither takes back nor brings back") {
  Heads heads;
  heads.tell(11, "a11", "a10");
  heads.tell(11, "b11", "a10");
  heads.tell(12, "b12", "b11");
  heads.told();

  heads.stream.catch_up();
  heads.answer(11, "a11", "a10");  // it has not heard of the reorganisation
  heads.tell(11, "b11", "a10");
  heads.tell(12, "b12", "b11");
  CHECK(heads.told().empty());
  heads.stream.catch_up();
  heads.answer(11, "c11", "a10");  // nor of this branch was anything heard
  CHECK(heads.told().empty());
  heads.tell(13, "b13", "b12");

  CHECK(heads.told() == "live:b13");
  CHECK(heads.out.gaps.empty());
}

TEST_CASE("HeadStream: polled, it tells the same heads") {
  Heads heads;

  heads.stream.catch_up(CatchUp::kPoll);
  heads.answer(10, "a10", "a9");
  CHECK(heads.told().empty());
  heads.stream.catch_up(CatchUp::kPoll);
  heads.answer(12, "a12", "a11");
  heads.answer(11, "a11", "a10");
  CHECK(heads.told() == "late:a11 late:a12");
  heads.stream.catch_up(CatchUp::kPoll);
  heads.answer(12, "b12", "a11");

  CHECK(heads.told() == "late:b12");
}

}  // namespace sidecar::testing

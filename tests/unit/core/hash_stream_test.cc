#include "core/hash_stream.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fake_stream_out.h"

namespace sidecar::testing {

TEST_CASE("HashStream: F08 each transaction comes once, as a hash or whole, byte for byte") {
  FakeStreamOut out;
  HashStream stream({}, out);
  stream.catch_up();

  stream.on_event(R"("0xaa")");
  stream.on_event(R"("0xaa")");
  stream.on_event(R"({ "hash":"0xbb", "gas" : 1 })");
  stream.on_event(R"({"gas":2,"hash":"0xbb"})");
  stream.on_event(R"("0xcc")");

  CHECK(out.text() == "\"0xaa\"\n{ \"hash\":\"0xbb\", \"gas\" : 1 }\n\"0xcc\"\n");
  CHECK(out.kinds() == "LLL");
  CHECK(out.asked.empty());
}

TEST_CASE("HashStream: a new source leaves a gap, an overlapping one and the first do not") {
  FakeStreamOut out;
  HashStream stream({}, out);

  stream.catch_up();
  CHECK(out.gaps.empty());
  stream.on_event(R"("0xaa")");
  stream.catch_up(CatchUp::kOverlap);
  CHECK(out.gaps.empty());
  stream.abandon();
  stream.catch_up(CatchUp::kNewSource);

  REQUIRE(out.gaps.size() == 1);
  CHECK(out.gaps[0].reason == GapReason::kUnfillable);
  CHECK(out.gaps[0].members.empty());
  CHECK(out.gaps[0].after == 1);
  CHECK(out.caught_up_count == 3);
  stream.on_event(R"("0xaa")");
  CHECK(out.events.size() == 1);  // repetitions are known over the gap
}

TEST_CASE("HashStream: garbage is dropped and counted") {
  FakeStreamOut out;
  HashStream stream({}, out);
  stream.catch_up();

  for (const char* garbage : {"", "null", "7", "{}", R"({"hash":null})", R"("")", "[\"0xaa\"]"}) {
    stream.on_event(garbage);
  }

  CHECK(stream.bad_count() == 7);
  CHECK(out.events.empty());
}

TEST_CASE("HashStream: seen_max hashes are remembered, the oldest forgotten first") {
  StreamOptions options;
  options.seen_max = 2;
  FakeStreamOut out;
  HashStream stream(options, out);
  stream.catch_up();

  for (const char* hash : {R"("0x1")", R"("0x2")", R"("0x1")", R"("0x3")", R"("0x1")"}) {
    stream.on_event(hash);
  }

  CHECK(out.text() == "\"0x1\"\n\"0x2\"\n\"0x3\"\n\"0x1\"\n");
}

TEST_CASE("HashStream: polled, it reads a filter of the node") {
  FakeStreamOut out;
  HashStream stream({}, out);

  stream.catch_up(CatchUp::kPoll);
  CHECK(out.question() == "eth_newPendingTransactionFilter []");
  stream.on_answer(R"("0xf1")");
  CHECK(out.caught_up_count == 1);
  stream.catch_up(CatchUp::kPoll);
  CHECK(out.question() == R"(eth_getFilterChanges ["0xf1"])");
  stream.on_answer(R"( ["0xaa", "0xbb","0xaa"])");
  stream.catch_up(CatchUp::kPoll);
  CHECK(out.question() == R"(eth_getFilterChanges ["0xf1"])");
  stream.on_answer("[]");

  CHECK(out.text() == "\"0xaa\"\n\"0xbb\"\n");
  CHECK(out.kinds() == "LL");
  CHECK(out.gaps.empty());
  CHECK(out.caught_up_count == 3);
}

TEST_CASE("HashStream: a filter that is gone is made anew, and what came between is a gap") {
  FakeStreamOut out;
  HashStream stream({}, out);
  stream.catch_up(CatchUp::kPoll);
  stream.on_answer(R"("0xf1")");

  stream.catch_up(CatchUp::kPoll);
  stream.on_answer("null");
  CHECK(out.doubt_count == 1);
  CHECK(stream.is_asking());
  stream.abandon();
  stream.catch_up(CatchUp::kPoll);
  CHECK(out.question() == "eth_newPendingTransactionFilter []");
  stream.on_answer(R"("0xf2")");

  REQUIRE(out.gaps.size() == 1);
  CHECK(out.gaps[0].reason == GapReason::kUnfillable);
  stream.catch_up(CatchUp::kPoll);
  CHECK(out.question() == R"(eth_getFilterChanges ["0xf2"])");
}

TEST_CASE("HashStream: who gives up tells a gap with its reason") {
  FakeStreamOut out;
  HashStream stream({}, out);
  stream.catch_up(CatchUp::kPoll);

  stream.give_up(GapReason::kNoAnswer);

  REQUIRE(out.gaps.size() == 1);
  CHECK(out.gaps[0].reason == GapReason::kNoAnswer);
  CHECK_FALSE(stream.is_asking());
}

}  // namespace sidecar::testing

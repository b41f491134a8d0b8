#include "core/svm_root_stream.h"

#include <doctest/doctest.h>

#include "tests/support/fake_stream_out.h"

namespace sidecar::testing {
namespace {

/// It has told root 101.
struct Begun {
  FakeStreamOut out;
  SvmRootStream stream;

  explicit Begun(const StreamOptions& options = {}) : stream(options, out) {
    stream.catch_up();
    stream.on_answer("100");
    stream.on_event("101");
  }
  void lose_source() {
    stream.abandon();
    stream.catch_up();
  }
};

}  // namespace

TEST_CASE("SvmRootStream: begins behind what is finalized; a number left out is no gap") {
  FakeStreamOut out;
  SvmRootStream stream(StreamOptions{}, out);
  stream.catch_up();
  CHECK(out.question() == R"(getSlot [{"commitment":"finalized"}])");
  stream.on_event("100");
  stream.on_event("102");
  stream.on_answer("100");
  stream.on_event("105");
  stream.on_event("102");
  stream.on_event("105");

  CHECK(out.text() == "102\n105\n");
  CHECK(out.kinds() == "LL");
  CHECK(out.gaps.empty());
  CHECK(out.asked.size() == 1);
}

TEST_CASE("SvmRootStream: finalized ones are filled at once, those beyond with the next root") {
  Begun feed;
  feed.lose_source();
  feed.stream.on_answer("104");
  CHECK(feed.out.question() == R"(getBlocks [102,200,{"commitment":"confirmed"}])");
  feed.stream.on_event("109");
  feed.stream.on_answer("[102,104,105,107,109,110]");
  CHECK(feed.out.text() == "101\n102\n104\n105\n107\n109\n");
  CHECK(feed.out.kinds() == "LRRRRL");

  feed.stream.on_event("109");
  feed.stream.on_event("110");
  feed.stream.on_event("112");
  CHECK(feed.out.text() == "101\n102\n104\n105\n107\n109\n110\n112\n");
  CHECK(feed.out.gaps.empty());
}

TEST_CASE("SvmRootStream: the old source's late root does not hide what the new one never told") {
  Begun feed;
  feed.stream.abandon();
  feed.stream.catch_up(CatchUp::kOverlap);
  feed.stream.on_event("102");  // the old one
  feed.stream.on_event("111");  // the new one
  feed.stream.on_answer("101");
  feed.stream.on_answer("[102,103,110,111,112]");

  CHECK(feed.out.text() == "101\n102\n103\n110\n111\n");
  CHECK(feed.out.kinds() == "LLRRL");
}

TEST_CASE("SvmRootStream: a node that is behind is asked all the same, and repeats nothing") {
  Begun feed;
  feed.lose_source();
  feed.stream.on_answer("95");
  CHECK(feed.out.question() == R"(getBlocks [102,197,{"commitment":"confirmed"}])");
  feed.stream.on_answer("[]");
  feed.stream.on_event("96");
  feed.stream.on_event("101");
  feed.stream.on_event("102");

  CHECK(feed.out.text() == "101\n102\n");
}

TEST_CASE("SvmRootStream: a source change in the middle of another asks anew") {
  Begun feed;
  feed.lose_source();
  feed.stream.on_answer("104");
  feed.lose_source();
  CHECK(feed.out.question() == R"(getSlot [{"commitment":"finalized"}])");
  feed.stream.on_answer("103");
  feed.stream.on_answer("[102,103]");

  CHECK(feed.out.text() == "101\n102\n103\n");
  CHECK(feed.out.caught_up_count == 2);
}

TEST_CASE("SvmRootStream: too long a stretch is a gap, and goes on from its end") {
  Begun feed(StreamOptions{.fill_blocks_max = 2});
  feed.lose_source();
  feed.stream.on_answer("110");
  REQUIRE(feed.out.gaps.size() == 1);
  CHECK(feed.out.gaps[0].reason == GapReason::kFillLimit);
  CHECK(feed.out.gaps[0].members == R"("from_slot":102,"to_slot":110)");
  CHECK(feed.out.question() == R"(getBlocks [111,206,{"commitment":"confirmed"}])");
  feed.stream.on_answer("[111,112]");
  feed.stream.on_event("112");

  CHECK(feed.out.text() == "101\n111\n112\n");
}

TEST_CASE("SvmRootStream: polled, it tells what is finalized") {
  FakeStreamOut out;
  SvmRootStream stream(StreamOptions{}, out);
  stream.catch_up(CatchUp::kPoll);
  stream.on_answer("100");
  stream.catch_up(CatchUp::kPoll);
  stream.on_answer("100");
  CHECK(out.caught_up_count == 2);
  stream.catch_up(CatchUp::kPoll);
  stream.on_answer("103");
  CHECK(out.question() == R"(getBlocks [101,103,{"commitment":"finalized"}])");
  stream.on_answer("[101,103]");

  CHECK(out.text() == "101\n103\n");
  CHECK(out.kinds() == "LL");
}

TEST_CASE("SvmRootStream: answers that cannot be are doubted") {
  for (const char* garbage : {"null", "", "{}", "[\"x\"]", "[103,102]", "[101]", "[102,201]"}) {
    CAPTURE(garbage);
    Begun feed;
    feed.lose_source();
    feed.stream.on_answer("104");
    feed.stream.on_answer(garbage);
    CHECK(feed.out.doubt_count == 1);
    CHECK(feed.out.text() == "101\n");
  }
  Begun feed;
  feed.lose_source();
  feed.stream.on_answer("[]");
  CHECK(feed.out.doubt_count == 1);
}

TEST_CASE("SvmRootStream: giving up is a gap, and live roots go on") {
  Begun feed;
  feed.lose_source();
  feed.stream.on_event("108");
  feed.stream.give_up(GapReason::kNoAnswer);

  REQUIRE(feed.out.gaps.size() == 1);
  CHECK(feed.out.gaps[0].members == R"("from_slot":102)");
  CHECK(feed.out.text() == "101\n108\n");
}

TEST_CASE("SvmRootStream: given up before it had a place, it says so when it has one") {
  FakeStreamOut out;
  SvmRootStream stream(StreamOptions{}, out);
  stream.catch_up();
  stream.give_up(GapReason::kNoAnswer);
  CHECK(out.gaps.empty());

  stream.catch_up();
  stream.on_answer("100");
  CHECK(out.gaps.size() == 1);
}

TEST_CASE("SvmRootStream: events that are no number are counted") {
  Begun feed;
  feed.stream.on_event("\"102\"");
  feed.stream.on_event("");
  feed.stream.on_event("{}");
  CHECK(feed.stream.bad_count() == 3);
  CHECK(feed.out.text() == "101\n");
}

}  // namespace sidecar::testing

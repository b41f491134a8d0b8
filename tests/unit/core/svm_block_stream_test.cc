#include "core/svm_block_stream.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fake_stream_out.h"

namespace sidecar::testing {
namespace {

constexpr std::string_view kAll =
    R"(["all",{"commitment":"confirmed","encoding":"base64","maxSupportedTransactionVersion":0,"showRewards":true,"transactionDetails":"full"}])";
constexpr std::string_view kMentions =
    R"([{"mentionsAccountOrProgram":"acc"},{"commitment":"confirmed"}])";

std::string block(int slot) {
  return R"({"blockhash":"h)" + std::to_string(slot) + R"(","transactions":[]})";
}

std::string event(int slot) {
  const std::string number = std::to_string(slot);
  return R"({"context":{"slot":)" + number + R"(},"value":{"slot":)" + number + R"(,"block":)" +
         block(slot) + R"(,"err":null}})";
}

std::string failed(int slot) {
  const std::string number = std::to_string(slot);
  return R"({"context":{"slot":)" + number + R"(},"value":{"slot":)" + number +
         R"(,"block":null,"err":"BlockStoreError"}})";
}

/// It has told block 101.
struct Begun {
  FakeStreamOut out;
  SvmBlockStream stream;

  explicit Begun(const StreamOptions& options = {}) : stream(kAll, options, out) {
    stream.catch_up();
    stream.on_answer("100");
    stream.on_event(event(101));
  }
  void lose_source() {
    stream.abandon();
    stream.catch_up();
  }
};

}  // namespace

TEST_CASE("SvmBlockStream: begins behind the node's slot") {
  FakeStreamOut out;
  SvmBlockStream stream(kAll, {}, out);
  stream.catch_up();
  CHECK(out.question() == R"(getSlot [{"commitment":"confirmed"}])");
  stream.on_event(event(100));
  stream.on_event(event(101));
  stream.on_answer("100");
  stream.on_event(event(103));  // a slot left out may have no block
  stream.on_event(event(101));

  CHECK(out.text() == event(101) + "\n" + event(103) + "\n");
  CHECK(out.kinds() == "LL");
  CHECK(out.gaps.empty());
}

TEST_CASE("SvmBlockStream: missed blocks are fetched with the subscription's config, in order") {
  Begun feed;
  feed.lose_source();
  feed.stream.on_event(event(104));
  feed.stream.on_event(event(105));
  feed.stream.on_answer("104");
  CHECK(feed.out.question() == R"(getBlocks [102,104,{"commitment":"confirmed"}])");
  feed.stream.on_answer("[102,104]");
  CHECK(
      feed.out.question() ==
      R"(getBlock [102,{"encoding":"base64","maxSupportedTransactionVersion":0,"transactionDetails":"full","commitment":"confirmed","rewards":true}])");
  feed.stream.on_answer(block(102));
  CHECK(feed.out.caught_up_count == 1);
  feed.stream.on_answer(block(104));

  CHECK(feed.out.text() ==
        event(101) + "\n" + event(102) + "\n" + event(104) + "\n" + event(105) + "\n");
  CHECK(feed.out.kinds() == "LRRL");
  CHECK(feed.out.caught_up_count == 2);
}

TEST_CASE("SvmBlockStream: rewards are not asked for unless the subscription has them") {
  FakeStreamOut out;
  SvmBlockStream stream(R"(["all",{"commitment":"finalized"}])", {}, out);
  stream.catch_up();
  stream.on_answer("100");
  stream.catch_up();
  stream.on_answer("101");
  stream.on_answer("[101]");

  CHECK(out.question() == R"(getBlock [101,{"commitment":"finalized","rewards":false}])");
}

TEST_CASE("SvmBlockStream: a fill that is cut short goes on where it was") {
  Begun feed;
  feed.lose_source();
  feed.stream.on_answer("103");
  feed.stream.on_answer("[102,103]");
  feed.stream.on_answer(block(102));
  feed.lose_source();
  feed.stream.on_answer("104");
  CHECK(feed.out.question() == R"(getBlocks [103,104,{"commitment":"confirmed"}])");
  feed.stream.on_answer("[103,104]");
  feed.stream.on_answer(block(103));
  feed.stream.on_answer(block(104));

  CHECK(feed.out.text() ==
        event(101) + "\n" + event(102) + "\n" + event(103) + "\n" + event(104) + "\n");
}

TEST_CASE("SvmBlockStream: a node that is behind tells nothing new") {
  Begun feed;
  feed.lose_source();
  feed.stream.on_answer("99");
  feed.stream.on_event(event(100));
  feed.stream.on_event(event(101));

  CHECK(feed.out.events.size() == 1);
  CHECK(feed.out.caught_up_count == 2);
}

TEST_CASE("SvmBlockStream: too long a stretch is a gap") {
  Begun feed(StreamOptions{.fill_blocks_max = 4});
  feed.lose_source();
  feed.stream.on_event(event(107));
  feed.stream.on_answer("106");

  REQUIRE(feed.out.gaps.size() == 1);
  CHECK(feed.out.gaps[0].reason == GapReason::kFillLimit);
  CHECK(feed.out.gaps[0].members == R"("from_slot":102,"to_slot":106)");
  CHECK(feed.out.text() == event(101) + "\n" + event(107) + "\n");
}

// Block 103 was lost: it did not fit, 104 did, and the fill then went on behind 104.
TEST_CASE("SvmBlockStream: behind a block too large to hold none is held, and all are fetched") {
  Begun feed(StreamOptions{.held_bytes_max = event(104).size() + 10});
  feed.lose_source();
  std::string large = event(103);
  large.insert(large.size() - 1, std::string(200, ' '));
  feed.stream.on_event(large);
  feed.stream.on_event(event(104));
  feed.stream.on_answer("102");
  feed.stream.on_answer("[102]");
  feed.stream.on_answer(block(102));
  CHECK(feed.out.question() == R"(getSlot [{"commitment":"confirmed"}])");
  feed.stream.on_answer("104");
  feed.stream.on_answer("[103,104]");
  feed.stream.on_answer(block(103));
  feed.stream.on_answer(block(104));

  CHECK(feed.out.text() ==
        event(101) + "\n" + event(102) + "\n" + event(103) + "\n" + event(104) + "\n");
}

TEST_CASE("SvmBlockStream: a block that could not be read is told once, and well later") {
  Begun feed;
  feed.stream.on_event(failed(102));
  feed.stream.on_event(failed(102));
  feed.stream.on_event(event(102));
  feed.stream.on_event(event(102));

  CHECK(feed.out.text() == event(101) + "\n" + failed(102) + "\n" + event(102) + "\n");
}

TEST_CASE("SvmBlockStream: polled blocks are live") {
  Begun feed;
  feed.stream.catch_up(CatchUp::kPoll);
  feed.stream.on_answer("102");
  feed.stream.on_answer("[102]");
  feed.stream.on_answer(block(102));

  CHECK(feed.out.text() == event(101) + "\n" + event(102) + "\n");
  CHECK(feed.out.kinds() == "LL");
}

TEST_CASE("SvmBlockStream: by mention a source change is a gap, an overlap is none") {
  FakeStreamOut out;
  SvmBlockStream stream(kMentions, {}, out);
  stream.catch_up();
  stream.on_event(event(101));
  stream.catch_up(CatchUp::kOverlap);
  CHECK(out.gaps.empty());
  stream.abandon();
  stream.catch_up();
  stream.on_event(event(101));
  stream.on_event(event(105));

  REQUIRE(out.gaps.size() == 1);
  CHECK(out.gaps[0].reason == GapReason::kUnfillable);
  CHECK(out.gaps[0].members == R"("from_slot":102)");
  CHECK(out.text() == event(101) + "\n" + event(105) + "\n");
  CHECK(out.asked.empty());
  stream.catch_up(CatchUp::kPoll);
  CHECK(out.doubt_count == 1);
}

TEST_CASE("SvmBlockStream: answers that cannot be are doubted at each step") {
  for (const char* garbage : {"null", "", "\"x\"", "[[]]"}) {
    CAPTURE(garbage);
    Begun feed;
    feed.lose_source();
    feed.stream.on_answer(garbage);
    CHECK(feed.out.doubt_count == 1);
    feed.lose_source();
    feed.stream.on_answer("103");
    feed.stream.on_answer(garbage);
    CHECK(feed.out.doubt_count == 2);
    feed.lose_source();
    feed.stream.on_answer("103");
    feed.stream.on_answer("[102,103]");
    feed.stream.on_answer(garbage);
    CHECK(feed.out.doubt_count == 3);
    CHECK(feed.out.events.size() == 1);
  }
}

TEST_CASE("SvmBlockStream: giving up is a gap, and live blocks go on") {
  Begun feed;
  feed.lose_source();
  feed.stream.on_answer("103");
  feed.stream.on_answer("[102,103]");
  feed.stream.on_event(event(104));
  feed.stream.give_up(GapReason::kNoAnswer);

  REQUIRE(feed.out.gaps.size() == 1);
  CHECK(feed.out.gaps[0].members == R"("from_slot":102)");
  CHECK(feed.out.text() == event(101) + "\n" + event(104) + "\n");
}

TEST_CASE("SvmBlockStream: given up before it had a place, it says so when it has one") {
  FakeStreamOut out;
  SvmBlockStream stream(kAll, {}, out);
  stream.catch_up();
  stream.give_up(GapReason::kNoAnswer);
  CHECK(out.gaps.empty());

  stream.catch_up();
  stream.on_answer("100");
  CHECK(out.gaps.size() == 1);
}

}  // namespace sidecar::testing

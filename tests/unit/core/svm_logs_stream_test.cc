#include "core/svm_logs_stream.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <utility>

#include "tests/support/fake_stream_out.h"

namespace sidecar::testing {
namespace {

constexpr std::string_view kConfirmed = R"([{"mentions":["acc"]},{"commitment":"confirmed"}])";
constexpr std::string_view kProcessed = R"([{"mentions":["acc"]},{"commitment":"processed"}])";
constexpr std::string_view kAll = R"(["all",{"commitment":"confirmed"}])";

std::string event(int slot, const std::string& signature) {
  return R"({"context":{"slot":)" + std::to_string(slot) + R"(},"value":{"signature":")" +
         signature + R"(","err":null,"logs":["Program \u0041 says \"hi\""]}})";
}

std::string lines(std::initializer_list<std::pair<int, const char*>> events) {
  std::string text;
  for (const auto& [slot, signature] : events) {
    text += event(slot, signature) + "\n";
  }
  return text;
}

/// Of getSignaturesForAddress, in this order.
std::string rows(std::initializer_list<std::pair<int, const char*>> list) {
  std::string text = "[";
  for (const auto& [slot, signature] : list) {
    text += text.size() > 1 ? "," : "";
    text += R"({"signature":")" + std::string(signature) + R"(","slot":)" + std::to_string(slot) +
            R"(,"err":null,"memo":null,"blockTime":1,"confirmationStatus":"confirmed"})";
  }
  return text + "]";
}

std::string transaction(int slot) {
  return R"({"slot":)" + std::to_string(slot) +
         R"(,"transaction":{},"meta":{"err":null,"fee":5000,"logMessages":["Program \u0041 says \"hi\""]},"blockTime":1})";
}

/// It has begun behind signature s0 of slot 100.
struct Begun {
  FakeStreamOut out;
  SvmLogsStream stream;

  explicit Begun(std::string_view params = kConfirmed, const StreamOptions& options = {})
      : stream(params, options, out) {
    stream.catch_up();
    stream.on_answer(rows({{100, "s0"}}));
  }
  void lose_source() {
    stream.abandon();
    stream.catch_up();
  }
};

}  // namespace

TEST_CASE("SvmLogsStream: begins with the newest signature and tells nothing of it") {
  FakeStreamOut out;
  SvmLogsStream stream(kConfirmed, {}, out);
  stream.catch_up();
  CHECK(out.question() ==
        R"(getSignaturesForAddress ["acc",{"commitment":"confirmed","limit":1}])");
  stream.on_event(event(100, "s0"));
  stream.on_event(event(101, "s1"));
  stream.on_answer(rows({{100, "s0"}}));

  CHECK(out.text() == lines({{101, "s1"}}));
  CHECK(out.kinds() == "L");
}

// Cause: only the newest signature counted as seen, not what is before it in the same slot.
TEST_CASE("SvmLogsStream: begins behind a whole slot, which a source that is behind tells late") {
  Begun feed;

  feed.stream.on_event(event(101, "s1"));
  feed.stream.on_event(event(100, "before s0"));
  feed.lose_source();
  feed.stream.on_answer(rows({{101, "s1"}, {100, "s0"}, {100, "before s0"}}));

  CHECK_FALSE(feed.stream.is_asking());
  CHECK(feed.out.text() == lines({{101, "s1"}}));
}

TEST_CASE("SvmLogsStream: several of one slot are kept, repetitions and old slots dropped") {
  Begun feed;

  feed.stream.on_event(event(101, "s1"));
  feed.stream.on_event(event(101, "s2"));
  feed.stream.on_event(event(101, "s1"));
  feed.stream.on_event(event(99, "old"));  // before it began
  feed.stream.on_event(event(102, "s1"));  // the same one on another fork
  feed.stream.on_event(event(101, "late"));

  CHECK(feed.out.text() == lines({{101, "s1"}, {101, "s2"}, {102, "s1"}, {101, "late"}}));
}

TEST_CASE("SvmLogsStream: what was missed is fetched from the last full slot on, oldest first") {
  Begun feed;
  feed.stream.on_event(event(101, "s1"));
  feed.stream.on_event(event(102, "s2"));  // its slot may be there in part only
  feed.lose_source();
  CHECK(feed.out.question() ==
        R"(getSignaturesForAddress ["acc",{"commitment":"confirmed","limit":1000,"until":"s1"}])");

  feed.stream.on_event(event(104, "s5"));
  feed.stream.on_event(event(105, "s6"));
  feed.stream.on_answer(rows({{104, "s5"}, {103, "s4"}, {102, "s2"}, {102, "s3"}}));
  CHECK(
      feed.out.question() ==
      R"(getTransaction ["s3",{"commitment":"confirmed","encoding":"json","maxSupportedTransactionVersion":0}])");
  feed.stream.on_answer(transaction(102));
  feed.stream.on_answer(transaction(103));
  CHECK(feed.out.caught_up_count == 1);
  feed.stream.on_answer(transaction(104));

  CHECK(feed.out.caught_up_count == 2);
  CHECK(feed.out.text() ==
        lines({{101, "s1"}, {102, "s2"}, {102, "s3"}, {103, "s4"}, {104, "s5"}, {105, "s6"}}));
  CHECK(feed.out.kinds() == "LLRRRL");
  CHECK(feed.out.gaps.empty());
}

TEST_CASE("SvmLogsStream: a fill that is cut short goes on where it was") {
  Begun feed;
  feed.lose_source();
  feed.stream.on_answer(rows({{103, "s3"}, {102, "s2"}, {101, "s1"}}));
  feed.stream.on_answer(transaction(101));
  feed.lose_source();
  feed.stream.on_answer(rows({{103, "s3"}, {102, "s2"}, {101, "s1"}}));
  CHECK(feed.out.asked.back().params.find("\"s2\"") != std::string::npos);
  feed.stream.on_answer(transaction(102));
  feed.stream.on_answer(transaction(103));

  CHECK(feed.out.text() == lines({{101, "s1"}, {102, "s2"}, {103, "s3"}}));
  CHECK(feed.out.caught_up_count == 2);
}

TEST_CASE("SvmLogsStream: a node that does not know the anchor does not bring old ones back") {
  Begun feed;
  feed.stream.on_event(event(101, "s1"));
  feed.stream.on_event(event(102, "s2"));
  feed.lose_source();

  feed.stream.on_answer(rows({{103, "s3"}, {102, "s2"}, {90, "older"}, {80, "oldest"}}));
  feed.stream.on_answer(transaction(103));

  CHECK(feed.out.text() == lines({{101, "s1"}, {102, "s2"}, {103, "s3"}}));
}

TEST_CASE("SvmLogsStream: too many at once are a gap that says where") {
  Begun feed(kConfirmed, StreamOptions{.fill_blocks_max = 0});
  feed.stream.on_event(event(101, "s1"));
  feed.lose_source();
  CHECK(feed.out.asked.back().params.find("\"limit\":1,") != std::string::npos);
  feed.stream.on_event(event(106, "s9"));
  feed.stream.on_answer(rows({{105, "s8"}}));

  REQUIRE(feed.out.gaps.size() == 1);
  CHECK(feed.out.gaps[0].reason == GapReason::kFillLimit);
  CHECK(feed.out.gaps[0].members == R"("from_slot":101,"to_slot":105)");
  CHECK(feed.out.gaps[0].after == 1);
  CHECK(feed.out.text() == lines({{101, "s1"}, {106, "s9"}}));

  feed.lose_source();
  CHECK(feed.out.asked.back().params.find(R"("until":"s8")") != std::string::npos);
  feed.stream.on_answer(rows({}));
  feed.stream.on_event(event(105, "before s8"));
  CHECK(feed.out.events.size() == 2);
}

TEST_CASE("SvmLogsStream: a full list that reaches back far enough is no gap") {
  Begun feed(kConfirmed, StreamOptions{.fill_blocks_max = 0});
  feed.stream.on_event(event(101, "s1"));
  feed.lose_source();

  feed.stream.on_answer(rows({{90, "older"}}));

  CHECK(feed.out.gaps.empty());
  CHECK_FALSE(feed.stream.is_asking());
  CHECK(feed.out.events.size() == 1);
}

TEST_CASE("SvmLogsStream: an account without history begins at the slot") {
  FakeStreamOut out;
  SvmLogsStream stream(kConfirmed, {}, out);
  stream.catch_up();
  stream.on_answer("[]");
  CHECK(out.question() == R"(getSlot [{"commitment":"confirmed"}])");
  stream.on_event(event(200, "s0"));
  stream.on_answer("200");
  CHECK(out.caught_up_count == 1);

  stream.abandon();
  stream.catch_up();
  CHECK(out.question() ==
        R"(getSignaturesForAddress ["acc",{"commitment":"confirmed","limit":1000}])");
  stream.on_answer(rows({{201, "s1"}, {150, "another node's memory"}}));
  stream.on_answer(transaction(201));

  CHECK(out.text() == lines({{201, "s1"}}));
}

TEST_CASE("SvmLogsStream: what was only processed is asked for again when it is confirmed") {
  Begun feed(kProcessed);
  feed.stream.on_event(event(110, "s1"));
  feed.lose_source();
  CHECK(feed.out.question() ==
        R"(getSignaturesForAddress ["acc",{"commitment":"confirmed","limit":1000,"until":"s0"}])");
  feed.stream.on_answer(rows({}));
  CHECK(feed.out.question() == R"(getSlot [{"commitment":"processed"}])");
  feed.stream.on_answer("113");
  CHECK(feed.out.caught_up_count == 2);

  feed.stream.on_event(event(144, "s4"));
  CHECK_FALSE(feed.stream.is_asking());
  feed.stream.on_event(event(145, "s5"));
  CHECK(feed.out.question() == R"(getSlot [{"commitment":"confirmed"}])");
  feed.stream.on_event(event(146, "s6"));
  feed.stream.on_answer("140");
  CHECK(feed.out.asked.back().params.find(R"("until":"s0")") != std::string::npos);
  feed.stream.on_answer(rows({{112, "s2"}, {110, "s1"}}));
  feed.stream.on_answer(transaction(112));

  CHECK(feed.out.text() ==
        lines({{110, "s1"}, {144, "s4"}, {145, "s5"}, {112, "s2"}, {146, "s6"}}));
  CHECK(feed.out.kinds() == "LLLRL");
  feed.stream.on_event(event(300, "s7"));
  CHECK_FALSE(feed.stream.is_asking());
}

TEST_CASE("SvmLogsStream: of sources one after another the processed stretches are all asked for") {
  Begun feed(kProcessed);
  feed.stream.on_event(event(110, "s1"));
  feed.lose_source();
  feed.stream.on_answer(rows({}));
  feed.stream.on_answer("113");

  feed.stream.abandon();
  feed.stream.catch_up(CatchUp::kOverlap);
  CHECK(feed.out.question() == R"(getSlot [{"commitment":"confirmed"}])");
  feed.stream.on_answer("112");  // not yet
  feed.stream.on_answer(rows({}));
  feed.stream.on_answer("115");
  CHECK_FALSE(feed.stream.is_asking());
  feed.stream.abandon();
  feed.stream.catch_up();
  feed.stream.on_answer("116");
  feed.stream.on_answer(rows({{113, "s3"}, {111, "s2"}, {109, "before"}}));
  feed.stream.on_answer(transaction(111));
  feed.stream.on_answer(transaction(113));
  CHECK(feed.out.question() == R"(getSlot [{"commitment":"processed"}])");
  feed.stream.on_answer("118");

  CHECK(feed.out.text() == lines({{110, "s1"}, {111, "s2"}, {113, "s3"}}));
  CHECK(feed.out.gaps.empty());
}

TEST_CASE("SvmLogsStream: a new processed stretch is asked for from the end of the last one on") {
  Begun feed(kProcessed);
  feed.lose_source();
  feed.stream.on_answer(rows({}));
  feed.stream.on_answer("113");
  feed.stream.on_event(event(120, "s3"));
  feed.lose_source();
  feed.stream.on_answer("116");
  feed.stream.on_answer(rows({}));
  feed.stream.on_answer("125");
  feed.lose_source();
  feed.stream.on_answer("130");
  feed.stream.on_answer(rows({{120, "s3"}, {117, "s2"}, {112, "before"}}));
  feed.stream.on_answer(transaction(117));

  CHECK(feed.out.text() == lines({{120, "s3"}, {117, "s2"}}));
}

TEST_CASE("SvmLogsStream: a node that does not confirm is not asked with each event") {
  Begun feed(kProcessed);
  feed.lose_source();
  feed.stream.on_answer(rows({}));
  feed.stream.on_answer("113");
  feed.stream.on_event(event(145, "s1"));
  CHECK(feed.stream.is_asking());
  feed.stream.on_answer("112");
  feed.stream.on_answer(rows({}));

  feed.stream.on_event(event(176, "s2"));
  CHECK_FALSE(feed.stream.is_asking());
  feed.stream.on_event(event(177, "s3"));
  CHECK(feed.stream.is_asking());
}

TEST_CASE("SvmLogsStream: of all transactions there is no list, so a source change is a gap") {
  FakeStreamOut out;
  SvmLogsStream stream(kAll, {}, out);
  stream.catch_up();
  CHECK(out.question() == R"(getSlot [{"commitment":"confirmed"}])");
  stream.on_answer("100");
  CHECK(out.gaps.empty());
  stream.on_event(event(101, "s1"));

  stream.catch_up(CatchUp::kOverlap);
  CHECK(out.gaps.empty());
  stream.abandon();
  stream.catch_up();
  stream.on_event(event(101, "s1"));
  stream.on_event(event(105, "s2"));

  REQUIRE(out.gaps.size() == 1);
  CHECK(out.gaps[0].reason == GapReason::kUnfillable);
  CHECK(out.gaps[0].members == R"("from_slot":101)");
  CHECK(out.gaps[0].after == 1);
  CHECK(out.text() == lines({{101, "s1"}, {105, "s2"}}));
  CHECK(out.asked.size() == 1);

  stream.catch_up(CatchUp::kPoll);
  CHECK(out.doubt_count == 1);
}

TEST_CASE("SvmLogsStream: polled logs are live") {
  Begun feed;

  feed.stream.catch_up(CatchUp::kPoll);
  feed.stream.on_answer(rows({{101, "s1"}}));
  feed.stream.on_answer(transaction(101));

  CHECK(feed.out.text() == lines({{101, "s1"}}));
  CHECK(feed.out.kinds() == "L");
}

TEST_CASE("SvmLogsStream: a transaction that its node lists but does not know is doubted") {
  for (const char* garbage : {"null", "", "[]", R"({"slot":1,"meta":null})"}) {
    CAPTURE(garbage);
    Begun feed;
    feed.lose_source();
    feed.stream.on_answer(rows({{101, "s1"}}));
    feed.stream.on_answer(garbage);

    CHECK(feed.out.doubt_count == 1);
    CHECK(feed.out.events.empty());
  }
}

TEST_CASE("SvmLogsStream: a list that cannot be is doubted, at first and later") {
  for (const char* garbage :
       {"null", "", "{}", R"([{"slot":1}])", R"([{"signature":"x"}])", "[7]"}) {
    CAPTURE(garbage);
    FakeStreamOut out;
    SvmLogsStream stream(kConfirmed, {}, out);
    stream.catch_up();
    stream.on_answer(garbage);
    CHECK(out.doubt_count == 1);

    Begun feed;
    feed.lose_source();
    feed.stream.on_answer(garbage);
    CHECK(feed.out.doubt_count == 1);
  }
}

TEST_CASE("SvmLogsStream: giving up is a gap, and the next fill begins behind what came since") {
  Begun feed;
  feed.lose_source();
  feed.stream.on_answer(rows({{102, "s2"}, {101, "s1"}}));
  feed.stream.on_event(event(105, "s5"));

  feed.stream.give_up(GapReason::kNoAnswer);

  REQUIRE(feed.out.gaps.size() == 1);
  CHECK(feed.out.gaps[0].members == R"("from_slot":100)");
  CHECK(feed.out.text() == lines({{105, "s5"}}));
  feed.lose_source();
  feed.stream.on_answer(rows({{105, "s5"}, {102, "s2"}, {101, "s1"}}));
  CHECK_FALSE(feed.stream.is_asking());
  CHECK(feed.out.events.size() == 1);
}

TEST_CASE("SvmLogsStream: given up before it had a place, it says so when it has one") {
  FakeStreamOut out;
  SvmLogsStream stream(kConfirmed, {}, out);
  stream.catch_up();
  stream.give_up(GapReason::kNoAnswer);
  CHECK(out.gaps.empty());

  stream.abandon();
  stream.catch_up();
  stream.on_answer(rows({{100, "s0"}}));
  REQUIRE(out.gaps.size() == 1);
  CHECK(out.gaps[0].reason == GapReason::kUnfillable);
  CHECK(out.events.empty());
}

}  // namespace sidecar::testing

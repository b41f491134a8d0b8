#include "core/svm_signature_stream.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fake_stream_out.h"

namespace sidecar::testing {
namespace {

constexpr std::string_view kParams =
    R"(["sig",{"commitment":"confirmed","enableReceivedNotification":true}])";
constexpr std::string_view kDone = R"({"context":{"slot":7},"value":{"err":null}})";
constexpr std::string_view kReceived = R"({"context":{"slot":6},"value":"receivedSignature"})";

std::string answer(const std::string& status) {
  return R"({"context":{"apiVersion":"2.0.1","slot":90},"value":[)" + status + "]}";
}

std::string status(int slot, const std::string& commitment, const std::string& err = "null") {
  return answer(R"({"slot":)" + std::to_string(slot) + R"(,"confirmations":3,"err":)" + err +
                R"(,"status":{"Ok":null},"confirmationStatus":")" + commitment + R"("})");
}

}  // namespace

TEST_CASE("SvmSignatureStream: one event and the end") {
  FakeStreamOut out;
  SvmSignatureStream stream(kParams, {}, out);
  stream.catch_up();
  CHECK(out.question() == R"(getSignatureStatuses [["sig"],{"searchTransactionHistory":true}])");
  stream.on_answer(answer("null"));
  CHECK(out.caught_up_count == 1);
  CHECK(out.events.empty());

  stream.on_event(kDone);
  stream.on_event(kDone);

  CHECK(out.text() == std::string(kDone) + "\n");
  CHECK(out.kinds() == "L");
  CHECK(out.finish_count == 1);
}

TEST_CASE("SvmSignatureStream: a commitment that is reached already is the event, at first too") {
  struct Row {
    const char* status;
    bool is_enough;
  };
  for (const Row& each :
       {Row{"processed", false}, Row{"confirmed", true}, Row{"finalized", true}}) {
    CAPTURE(each.status);
    FakeStreamOut out;
    SvmSignatureStream stream(kParams, {}, out);
    stream.catch_up();
    stream.on_answer(status(7, each.status, R"({"InstructionError":[0,{"Custom":1}]})"));

    CHECK(out.finish_count == (each.is_enough ? 1 : 0));
    CHECK(out.text() ==
          (each.is_enough
               ? R"({"context":{"slot":7},"value":{"err":{"InstructionError":[0,{"Custom":1}]}}})"
                 "\n"
               : ""));
  }
}

TEST_CASE("SvmSignatureStream: an old node's status without a name is rooted or processed") {
  FakeStreamOut out;
  SvmSignatureStream stream(kParams, {}, out);
  stream.catch_up();
  stream.on_answer(answer(R"({"slot":7,"confirmations":3,"err":null})"));
  CHECK(out.finish_count == 0);

  stream.catch_up();
  stream.on_answer(answer(R"({"slot":7,"confirmations":null,"err":null})"));
  CHECK(out.finish_count == 1);
}

TEST_CASE("SvmSignatureStream: each new source is asked; what was held repeats nothing") {
  FakeStreamOut out;
  SvmSignatureStream stream(kParams, {}, out);
  stream.catch_up();
  stream.on_answer(answer("null"));
  stream.abandon();
  stream.catch_up();
  stream.on_event(kDone);
  stream.abandon();

  stream.catch_up();
  stream.on_event(kDone);
  stream.on_answer(status(7, "confirmed"));

  CHECK(out.asked.size() == 3);
  CHECK(out.text() == std::string(kDone) + "\n");
  CHECK(out.kinds() == "R");
  CHECK(out.finish_count == 1);
  CHECK(out.caught_up_count == 2);
}

TEST_CASE("SvmSignatureStream: that it was received is passed on once and ends nothing") {
  FakeStreamOut out;
  SvmSignatureStream stream(kParams, {}, out);
  stream.catch_up();
  stream.on_event(kReceived);
  stream.on_event(kReceived);
  stream.on_event(kDone);
  stream.on_answer(answer("null"));

  CHECK(out.text() == std::string(kReceived) + "\n" + std::string(kDone) + "\n");
  CHECK(out.finish_count == 1);
}

TEST_CASE("SvmSignatureStream: after the end nothing is asked or told") {
  FakeStreamOut out;
  SvmSignatureStream stream(kParams, {}, out);
  stream.catch_up();
  stream.on_answer(status(7, "finalized"));
  const size_t asked = out.asked.size();

  stream.catch_up();
  stream.on_event(kDone);
  stream.on_event(kReceived);

  CHECK(out.asked.size() == asked);
  CHECK(out.events.size() == 1);
}

TEST_CASE(
    "SvmSignatureStream: given up at first it waits for the event, later there is a gap too") {
  FakeStreamOut out;
  SvmSignatureStream stream(kParams, {}, out);
  stream.catch_up();
  stream.give_up(GapReason::kNoAnswer);
  CHECK(out.gaps.empty());

  stream.catch_up();
  stream.on_event(kDone);
  stream.give_up(GapReason::kNoAnswer);
  REQUIRE(out.gaps.size() == 1);
  CHECK(out.gaps[0].after == 0);
  CHECK(out.finish_count == 1);
}

TEST_CASE("SvmSignatureStream: garbage ends nothing") {
  FakeStreamOut out;
  SvmSignatureStream stream(kParams, {}, out);
  stream.catch_up();
  stream.on_answer(answer("null"));
  for (const char* garbage :
       {"", "7", R"({"context":{"slot":1},"value":{}})", R"({"context":{"slot":1},"value":"x"})"}) {
    stream.on_event(garbage);
  }
  CHECK(stream.bad_count() == 4);
  CHECK(out.events.empty());

  stream.catch_up();
  stream.on_answer(answer(R"({"slot":"x","err":null})"));
  CHECK(out.doubt_count == 1);
  CHECK(out.finish_count == 0);
}

}  // namespace sidecar::testing

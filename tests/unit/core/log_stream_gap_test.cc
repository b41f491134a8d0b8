#include "core/log_stream.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fake_stream_out.h"
#include "tests/unit/core/log_stream_scene.h"

namespace sidecar::testing {

TEST_CASE("LogStream: F05 fill_blocks_max blocks are filled, one more is a gap") {
  StreamOptions options = few_logs();
  options.fill_blocks_max = 4;
  Logs filled(options);
  filled.stream.catch_up();
  filled.answer_newest(14);
  CHECK(filled.out.question() == logs_from(11, 14));
  CHECK(filled.out.gaps.empty());

  Logs longer(options);
  longer.tell("a11", 0);
  longer.told();
  longer.stream.catch_up();
  longer.tell("a16", 0);
  longer.answer_newest(15);
  REQUIRE(longer.out.gaps.size() == 1);
  CHECK(longer.out.gaps[0].reason == GapReason::kFillLimit);
  CHECK(longer.out.gaps[0].members == R"("from_block":"0xb","to_block":"0xf")");
  CHECK(longer.told() == "+a16/0");

  longer.stream.catch_up();
  longer.answer_newest(17);
  CHECK(longer.out.question() == logs_from(16, 17));  // what the gap covers stays missing
}

TEST_CASE("LogStream: a pool whose head goes on keeps a quiet stream from being a gap") {
  StreamOptions options = few_logs();
  options.fill_blocks_max = 40;
  Logs logs(options);

  logs.stream.on_pool_head(1'000);
  logs.stream.on_pool_head(900);  // behind, and says nothing new
  logs.stream.catch_up();
  logs.answer_newest(1'002);

  CHECK(logs.out.gaps.empty());
  const uint64_t margin = LogStream::kHeadMargin;
  CHECK(logs.out.question() == logs_from(1'000 - 2 * margin, 1'002));
}

TEST_CASE("LogStream: its own logs keep a stream from being a gap when no head is told") {
  StreamOptions options = few_logs();
  options.fill_blocks_max = 4;
  Logs logs(options);
  logs.tell("a11", 0);
  logs.tell("a90", 0);
  logs.told();

  logs.stream.catch_up();
  logs.answer_newest(93);

  CHECK(logs.out.gaps.empty());
  CHECK(logs.out.question() == logs_from(90, 93));

  logs.answer_logs(log_of("a90", 0));
  logs.answer_block("a90");
  logs.stream.catch_up();
  logs.answer_newest(98);
  CHECK(logs.out.gaps.size() == 1);
}

TEST_CASE("LogStream: a pool's head says nothing while a question is out or nothing is begun") {
  StreamOptions options = few_logs();
  options.fill_blocks_max = 40;
  Logs logs(options);
  logs.stream.catch_up();
  logs.stream.on_pool_head(1'000);
  logs.answer_newest(60);
  CHECK(logs.out.gaps.size() == 1);

  FakeStreamOut out;
  LogStream fresh("{}", options, out);
  fresh.on_pool_head(1'000);
  fresh.catch_up();
  fresh.on_answer("\"0xa\"");
  fresh.catch_up();
  fresh.on_answer("\"0xb\"");
  CHECK(out.question() == R"(eth_getLogs [{"fromBlock":"0xb","toBlock":"0xb"}])");
}

TEST_CASE("LogStream: a source that was behind is asked again when its logs pass our newest") {
  Logs logs;
  logs.tell("a11", 0);
  logs.tell("a13", 0);
  logs.told();
  logs.stream.catch_up();
  logs.answer_newest(12);
  logs.answer_logs(log_of("a11", 0));
  logs.answer_block("a11");

  logs.tell("b14", 0);  // it never told that a13 was replaced
  CHECK(logs.told().empty());
  CHECK(logs.out.question() == newest());
  logs.answer_newest(14);
  CHECK(logs.out.question() == logs_from(13, 14));
  logs.answer_logs(log_of("b14", 0));
  logs.answer_block("b13");
  logs.answer_logs(log_of("a11", 0) + "," + log_of("b14", 0));
  logs.answer_block("a11");

  CHECK(logs.told() == "-a13/0(late) +b14/0(late)");
}

TEST_CASE("LogStream: F07 who gives up tells a gap, and what was held goes on after it") {
  Logs logs;
  logs.tell("a11", 0);
  logs.told();
  logs.stream.catch_up();
  logs.tell("a13", 0);
  logs.answer_newest(13);

  logs.stream.give_up(GapReason::kNoAnswer);

  REQUIRE(logs.out.gaps.size() == 1);
  CHECK(logs.out.gaps[0].reason == GapReason::kNoAnswer);
  CHECK(logs.out.gaps[0].members == R"("from_block":"0xa")");
  CHECK(logs.told() == "+a13/0");
  CHECK_FALSE(logs.stream.is_asking());
}

TEST_CASE("LogStream: F07 a source that is left in the middle leaves nothing behind") {
  for (int step = 0; step < 3; ++step) {
    CAPTURE(step);
    Logs logs;
    logs.tell("a11", 0);
    logs.told();
    logs.stream.catch_up();
    if (step > 0) {
      logs.answer_newest(12);
    }
    if (step > 1) {
      logs.answer_logs(log_of("c12", 9));
    }

    logs.stream.abandon();
    logs.stream.catch_up();
    CHECK(logs.out.question() == newest());
    logs.answer_newest(12);
    logs.answer_logs(log_of("a11", 0) + "," + log_of("a12", 0));
    logs.answer_block("a11");

    CHECK(logs.told() == "+a12/0(late)");
    CHECK(logs.out.gaps.empty());
  }
}

TEST_CASE("LogStream: more than may be held is asked for again when the rest is out") {
  Logs logs;
  logs.stream.catch_up();
  for (uint64_t index = 0; index < 5; ++index) {
    logs.tell("a11", index);
  }

  logs.answer_newest(10);
  CHECK(logs.told() == "+a11/0 +a11/1 +a11/2");
  CHECK(logs.out.question() == newest());
  logs.answer_newest(11);
  logs.answer_logs(log_of("a11", 0) + "," + log_of("a11", 3) + "," + log_of("a11", 4));
  logs.answer_block("a11");

  CHECK(logs.told() == "+a11/3(late) +a11/4(late)");
}

TEST_CASE("LogStream: a node whose answers cannot be is doubted") {
  for (const std::string& bad : {std::string(), std::string("null"), std::string("{}")}) {
    for (int step = 0; step < 3; ++step) {
      CAPTURE(bad);
      CAPTURE(step);
      Logs logs;
      logs.tell("a11", 0);
      logs.told();
      logs.stream.catch_up();
      if (step > 0) {
        logs.answer_newest(12);
      }
      if (step > 1) {
        logs.answer_logs("");
      }

      logs.stream.on_answer(bad);

      CHECK(logs.out.doubt_count == 1);
      CHECK(logs.stream.is_asking());
      CHECK(logs.told().empty());
    }
  }
}

TEST_CASE("LogStream: garbage and pending logs are dropped and counted") {
  Logs logs;

  logs.stream.on_event("null");
  logs.stream.on_event(R"({"blockNumber":null,"blockHash":null,"logIndex":null})");
  CHECK(logs.stream.bad_count() == 2);
  logs.stream.catch_up();
  logs.answer_newest(11);
  logs.answer_logs("7," + log_of("a11", 0));

  CHECK(logs.stream.bad_count() == 3);
  CHECK(logs.told() == "+a11/0(late)");
}

TEST_CASE("LogStream: no more than seen_max logs are remembered, and older ones not asked for") {
  StreamOptions options = few_logs();
  options.seen_max = 2;
  Logs logs(options);
  logs.tell("a11", 0);
  logs.tell("a12", 0);
  logs.tell("a13", 0);
  logs.told();

  logs.tell("a11", 0, true);  // forgotten: as if it had never been given
  CHECK(logs.told().empty());
  logs.stream.catch_up();
  logs.answer_newest(13);
  logs.answer_logs("");
  logs.answer_block("b13");
  logs.answer_logs("");
  logs.answer_block("b12");

  CHECK(logs.told() == "-a13/0(late) -a12/0(late)");
  CHECK(logs.out.question() == logs_from(12, 13));
}

TEST_CASE("LogStream: blocks more than twice fill_blocks_max below are forgotten") {
  StreamOptions options = few_logs();
  options.fill_blocks_max = 4;
  Logs logs(options);
  logs.tell("a11", 0);
  logs.tell("a12", 0);
  logs.tell("a20", 0);
  logs.told();

  logs.tell("a12", 0, true);
  logs.tell("a11", 0, true);

  CHECK(logs.told() == "-a12/0");
}

TEST_CASE("LogStream: F10 a reorganisation below what is remembered is a gap") {
  Logs logs;
  logs.tell("a11", 0);
  logs.stream.on_pool_head(300);
  logs.tell("a300", 0);  // a11 is forgotten
  logs.told();

  logs.stream.catch_up();
  logs.answer_newest(301);
  logs.answer_logs("");
  logs.answer_block("b300");

  CHECK(logs.told() == "-a300/0(late)");
  REQUIRE(logs.out.gaps.size() == 1);
  CHECK(logs.out.gaps[0].reason == GapReason::kReorg);
}

TEST_CASE("LogStream: a block far above the pool's head is from nowhere") {
  Logs logs;
  logs.stream.on_pool_head(11);

  logs.tell("a999999999", 0);
  logs.tell("a12", 0);

  CHECK(logs.told() == "+a12/0");
  CHECK(logs.stream.bad_count() == 1);
}

TEST_CASE("LogStream: polled, it tells the same logs") {
  Logs logs;

  logs.stream.catch_up(CatchUp::kPoll);
  logs.answer_newest(11);
  logs.answer_logs(log_of("a11", 0));
  CHECK(logs.told() == "+a11/0(late)");
  logs.stream.catch_up(CatchUp::kPoll);
  logs.answer_newest(12);
  CHECK(logs.out.question() == logs_from(11, 12));
  logs.answer_logs(log_of("b11", 0));
  logs.answer_block("b11");
  logs.answer_logs(log_of("b11", 0) + "," + log_of("b12", 0));

  CHECK(logs.told() == "-a11/0(late) +b11/0(late) +b12/0(late)");
}

}  // namespace sidecar::testing

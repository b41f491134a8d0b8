#include "core/log_stream.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fake_stream_out.h"
#include "tests/unit/core/log_stream_scene.h"

namespace sidecar::testing {

TEST_CASE("LogStream: the first catch-up finds its place and tells nothing") {
  FakeStreamOut out;
  LogStream stream("{}", few_logs(), out);

  stream.catch_up();
  CHECK(out.question() == newest());
  stream.on_event(log_of("a11", 0));
  CHECK(out.events.empty());
  stream.on_answer("\"0xa\"");

  CHECK(out.text() == log_of("a11", 0) + "\n");
  CHECK(out.kinds() == "L");
  CHECK(out.asked.size() == 1);
  CHECK(out.caught_up_count == 1);
}

TEST_CASE("LogStream: F08 each log comes once, whatever order and number it is told in") {
  Logs logs;

  logs.tell("a11", 0);
  logs.tell("a11", 0);
  logs.tell("a11", 2);
  logs.tell("a11", 1);
  logs.tell("a12", 0);
  logs.tell("a11", 2);
  logs.tell("a12", 0);

  CHECK(logs.told() == "+a11/0 +a11/2 +a11/1 +a12/0");
  CHECK(logs.out.asked.empty());
}

TEST_CASE("LogStream: live events pass byte for byte") {
  Logs logs;
  const std::string value =
      R"({ "blockHash":"a11","data" : "0x\u0030", "logIndex":"0x0","blockNumber":"0xB"})";

  logs.stream.on_event(value);

  CHECK(logs.out.text() == value + "\n");
}

TEST_CASE("LogStream: a log that a source takes back is taken back once, if it was given") {
  Logs logs;
  logs.tell("a11", 0);
  logs.tell("a11", 1);
  logs.told();

  logs.tell("a11", 1, true);
  logs.tell("a11", 1, true);
  logs.tell("a11", 7, true);
  logs.tell("b12", 0, true);

  CHECK(logs.told() == "-a11/1");
}

TEST_CASE("LogStream: a live reorganisation is told as the source tells it") {
  Logs logs;
  logs.tell("a11", 0);
  logs.tell("a12", 0);
  logs.told();

  logs.tell("a12", 0, true);
  logs.tell("a11", 0, true);
  logs.tell("b11", 0);
  logs.tell("b12", 3);

  CHECK(logs.told() == "-a12/0 -a11/0 +b11/0 +b12/3");
  CHECK(logs.out.asked.empty());
}

TEST_CASE("LogStream: a new source is asked from the newest block with logs on, inclusive") {
  Logs logs;
  logs.tell("a11", 0);
  logs.tell("a11", 1);
  logs.told();
  logs.stream.abandon();

  logs.stream.catch_up();
  CHECK(logs.out.question() == newest());
  logs.answer_newest(13);
  CHECK(logs.out.question() == logs_from(11, 13));
  logs.answer_logs(log_of("a11", 0) + "," + log_of("a11", 1) + "," + log_of("a11", 2) + "," +
                   log_of("a13", 0));
  CHECK(logs.told().empty());  // not before it is known that block 11 is still there
  CHECK(logs.out.question() == is_there(11));
  logs.tell("a14", 0);
  logs.answer_block("a11");

  CHECK(logs.told() == "+a11/2(late) +a13/0(late) +a14/0");
  CHECK_FALSE(logs.stream.is_asking());
}

TEST_CASE("LogStream: a filter without conditions asks for a stretch alone") {
  FakeStreamOut out;
  LogStream stream("{}", few_logs(), out);
  stream.catch_up();
  stream.on_answer("\"0xa\"");

  stream.catch_up();
  stream.on_answer("\"0xc\"");

  CHECK(out.question() == R"(eth_getLogs [{"fromBlock":"0xb","toBlock":"0xc"}])");
}

TEST_CASE("LogStream: blocks from before the subscription are never asked for") {
  Logs logs;

  logs.stream.catch_up();
  logs.answer_newest(12);

  CHECK(logs.out.question() == logs_from(11, 12));
  logs.answer_logs(log_of("a12", 0));
  CHECK(logs.told() == "+a12/0(late)");
  CHECK_FALSE(logs.stream.is_asking());  // nothing was given that could be gone
}

TEST_CASE("LogStream: a source that has come no further is asked nothing more") {
  Logs logs;

  logs.stream.catch_up();
  logs.answer_newest(10);

  CHECK(logs.out.asked.size() == 1);
  CHECK(logs.out.caught_up_count == 1);
}

TEST_CASE("LogStream: F09 what a reorganisation orphaned is taken back first, newest first") {
  Logs logs;
  logs.tell("a11", 0);
  logs.tell("a12", 0);
  logs.tell("a12", 1);
  logs.tell("a13", 0);
  logs.told();

  logs.stream.catch_up();
  logs.answer_newest(14);
  logs.answer_logs(log_of("b13", 0));
  CHECK(logs.out.question() == is_there(13));
  logs.answer_block("b13");
  CHECK(logs.told() == "-a13/0(late)");
  CHECK(logs.out.question() == logs_from(12, 14));
  logs.answer_logs(log_of("b12", 0) + "," + log_of("b13", 0));
  CHECK(logs.out.question() == is_there(12));
  logs.answer_block("b12");
  CHECK(logs.told() == "-a12/1(late) -a12/0(late)");
  CHECK(logs.out.question() == logs_from(11, 14));
  logs.answer_logs(log_of("a11", 0) + "," + log_of("b12", 0) + "," + log_of("b13", 0));
  logs.answer_block("a11");

  CHECK(logs.told() == "+b12/0(late) +b13/0(late)");
  CHECK(logs.out.gaps.empty());
  CHECK_FALSE(logs.stream.is_asking());
}

TEST_CASE("LogStream: F09 all that was given may be gone, then it begins where it began") {
  Logs logs;
  logs.tell("a11", 0);
  logs.told();

  logs.stream.catch_up();
  logs.answer_newest(12);
  logs.answer_logs("");
  logs.answer_block("b11");
  CHECK(logs.told() == "-a11/0(late)");
  CHECK(logs.out.question() == logs_from(11, 12));
  logs.answer_logs(log_of("b12", 5));

  CHECK(logs.told() == "+b12/5(late)");
}

TEST_CASE("LogStream: what is taken back says removed, and all else that it said") {
  Logs logs;
  logs.stream.on_event(
      R"({"blockNumber":"0xb","data":"0x07","removed":false,"blockHash":"a11","logIndex":"0x0"})");
  logs.told();

  logs.stream.catch_up();
  logs.answer_newest(11);
  logs.answer_logs("");
  logs.answer_block("b11");

  CHECK(logs.out.text() ==
        R"({"blockNumber":"0xb","data":"0x07","blockHash":"a11","logIndex":"0x0","removed":true})"
        "\n");
}

TEST_CASE("LogStream: a live log beside what was given has the node asked what holds") {
  Logs logs;
  logs.tell("a11", 0);
  logs.tell("a12", 0);
  logs.told();

  logs.tell("b12", 0);  // and no word on a12
  CHECK(logs.told().empty());
  CHECK(logs.out.question() == newest());
  logs.answer_newest(12);
  CHECK(logs.out.question() == logs_from(12, 12));
  logs.answer_logs(log_of("b12", 0));
  logs.answer_block("b12");
  logs.answer_logs(log_of("a11", 0) + "," + log_of("b12", 0));
  CHECK(logs.out.question() == is_there(11));
  logs.answer_block("a11");

  CHECK(logs.told() == "-a12/0(late) +b12/0(late)");
  CHECK_FALSE(logs.stream.is_asking());
}

TEST_CASE("LogStream: a source that is behind neither takes back nor brings back") {
  Logs logs;
  logs.tell("a11", 0);
  logs.tell("a12", 0);
  logs.tell("a12", 0, true);
  logs.tell("b13", 0);
  logs.told();

  logs.stream.catch_up();
  logs.answer_newest(12);
  CHECK(logs.out.question() == logs_from(11, 12));
  logs.answer_logs(log_of("a11", 0) + "," + log_of("a12", 0));
  logs.answer_block("a11");
  CHECK(logs.told().empty());  // it has a12 still

  logs.stream.catch_up();
  logs.answer_newest(11);
  logs.answer_logs(log_of("c11", 0));
  logs.answer_block("c11");
  CHECK(logs.told().empty());  // it may be on a branch that lost
  CHECK_FALSE(logs.stream.is_asking());
}

TEST_CASE("LogStream: a source that was behind is asked again when its logs reach our newest") {
  Logs logs;
  logs.tell("a11", 0);
  logs.tell("a13", 0);
  logs.told();
  logs.stream.catch_up();
  logs.answer_newest(12);
  logs.answer_logs(log_of("a11", 0));
  logs.answer_block("a11");

  logs.tell("b13", 0);
  CHECK(logs.told().empty());
  CHECK(logs.out.question() == newest());
  logs.answer_newest(13);
  CHECK(logs.out.question() == logs_from(13, 13));
  logs.answer_logs(log_of("b13", 0));
  logs.answer_block("b13");
  logs.answer_logs(log_of("a11", 0) + "," + log_of("b13", 0));
  logs.answer_block("a11");

  CHECK(logs.told() == "-a13/0(late) +b13/0(late)");
}

TEST_CASE("LogStream: an orphan that is told again comes back only if the node has its block") {
  Logs logs;
  logs.tell("a11", 0);
  logs.tell("a11", 0, true);
  logs.tell("b11", 0);
  logs.told();

  logs.tell("a11", 0);
  CHECK(logs.out.question() == newest());
  logs.answer_newest(11);
  logs.answer_logs(log_of("b11", 0));
  logs.answer_block("b11");
  CHECK(logs.told().empty());

  logs.stream.catch_up();
  logs.answer_newest(12);
  logs.answer_logs(log_of("a11", 0));
  logs.answer_block("a11");
  logs.answer_logs(log_of("a11", 0));
  CHECK(logs.told() == "-b11/0(late) +a11/0(late)");
}

TEST_CASE("LogStream: a live log beside what was given is dropped if its block has gone") {
  Logs logs;
  logs.tell("a11", 0);
  logs.tell("a12", 0);
  logs.told();
  logs.stream.abandon();

  // A source tells before it confirms: of a block that it took back in the meantime.
  logs.stream.catch_up();
  logs.tell("b11", 0);
  logs.tell("b11", 0, true);
  logs.tell("a13", 0);
  logs.answer_newest(13);
  logs.answer_logs(log_of("a12", 0) + "," + log_of("a13", 0));
  logs.answer_block("a12");
  CHECK(logs.out.question() == newest());
  logs.answer_newest(13);
  CHECK(logs.out.question() == logs_from(11, 13));
  logs.answer_logs(log_of("a11", 0) + "," + log_of("a12", 0) + "," + log_of("a13", 0));
  logs.answer_block("a13");

  CHECK(logs.told() == "+a13/0(late)");
  CHECK_FALSE(logs.stream.is_asking());
}

TEST_CASE("LogStream: a live log that its node tells late is given if its block is there") {
  Logs logs;
  logs.tell("a12", 0);
  logs.told();

  logs.tell("a11", 0);
  logs.answer_newest(12);
  CHECK(logs.out.question() == logs_from(11, 12));
  logs.answer_logs(log_of("a11", 0) + "," + log_of("a12", 0));
  logs.answer_block("a12");

  CHECK(logs.told() == "+a11/0(late)");
  CHECK_FALSE(logs.stream.is_asking());
}

}  // namespace sidecar::testing

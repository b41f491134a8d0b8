#include "core/log_stream.h"

#include <doctest/doctest.h>

#include "tests/unit/core/log_stream_scene.h"

namespace sidecar::testing {

// Cause: only blocks with logs counted as what a source has come to.
TEST_CASE("LogStream: who has not come as far as another source's newest block is behind") {
  Logs logs;
  logs.tell("a11", 0);
  logs.told();
  logs.stream.catch_up();
  logs.answer_newest(13);
  logs.answer_logs(log_of("a11", 0));
  logs.answer_block("a11");

  logs.stream.catch_up();
  logs.answer_newest(12);
  logs.answer_logs("");
  CHECK(logs.out.question() == is_there(11));
  logs.answer_block("b11");

  CHECK(logs.told().empty());
  CHECK_FALSE(logs.stream.is_asking());
}

// Cause: none would be told otherwise that a node's tip is another one, while no block comes.
TEST_CASE("LogStream: of branches of one length a new source's is told, and doubted until later") {
  Logs logs;
  logs.tell("a11", 0);
  logs.tell("a11", 0, true);
  logs.tell("b11", 0);
  logs.told();

  logs.stream.catch_up();
  logs.answer_newest(11);
  logs.answer_logs(log_of("a11", 0));
  logs.answer_block("a11");
  logs.answer_logs(log_of("a11", 0));
  CHECK(logs.told() == "-b11/0(late) +a11/0(late)");

  logs.tell("b12", 0);  // who is right is seen by the next block
  CHECK(logs.out.question() == newest());
  logs.answer_newest(12);
  CHECK(logs.out.question() == logs_from(11, 12));
  logs.answer_logs(log_of("b11", 0) + "," + log_of("b12", 0));
  logs.answer_block("b11");
  logs.answer_logs(log_of("b11", 0) + "," + log_of("b12", 0));
  CHECK(logs.told() == "-a11/0(late) +b11/0(late) +b12/0(late)");

  logs.tell("b13", 0);
  logs.answer_newest(13);
  logs.answer_logs(log_of("b11", 0) + "," + log_of("b12", 0) + "," + log_of("b13", 0));
  logs.answer_block("b12");
  CHECK(logs.told() == "+b13/0(late)");
  logs.tell("b14", 0);
  CHECK_FALSE(logs.stream.is_asking());
}

// Cause: of what was told, only the newest block was looked for.
TEST_CASE("LogStream: a branch that lost is taken back though the newest block is there") {
  Logs logs;
  logs.tell("b11", 0);
  logs.told();
  logs.stream.catch_up();  // a node that seems to be further, and is on a branch that will lose
  logs.answer_newest(12);
  logs.answer_logs(log_of("a12", 0));
  logs.answer_block("a11");
  logs.answer_logs(log_of("a12", 0));
  CHECK(logs.told() == "-b11/0(late) +a12/0(late)");

  logs.tell("b13", 0);  // by another source
  CHECK(logs.out.question() == newest());
  logs.answer_newest(12);
  CHECK(logs.out.question() == logs_from(11, 12));
  logs.answer_logs(log_of("a12", 0));
  logs.answer_block("a12");
  CHECK(logs.told() == "+b13/0");

  logs.stream.catch_up();
  logs.answer_newest(13);
  CHECK(logs.out.question() == logs_from(11, 13));
  logs.answer_logs(log_of("b11", 0) + "," + log_of("b13", 0));
  CHECK(logs.out.question() == is_there(13));
  logs.answer_block("b13");
  CHECK(logs.told() == "-b13/0(late) -a12/0(late)");
  CHECK(logs.out.question() == logs_from(11, 13));
  logs.answer_logs(log_of("b11", 0) + "," + log_of("b13", 0));

  CHECK(logs.told() == "+b11/0(late) +b13/0(late)");
  CHECK_FALSE(logs.stream.is_asking());
}

TEST_CASE("LogStream: what a node that is behind tells is compared when one has come further") {
  Logs logs;
  logs.tell("a11", 0);
  logs.tell("b14", 0);
  logs.told();
  logs.stream.catch_up();
  logs.answer_newest(13);
  logs.answer_logs(log_of("a11", 0) + "," + log_of("a12", 0));
  logs.answer_block("a11");
  CHECK(logs.told() == "+a12/0(late)");

  logs.tell("b15", 0);
  logs.answer_newest(15);
  CHECK(logs.out.question() == logs_from(12, 15));
  logs.answer_logs(log_of("b14", 0) + "," + log_of("b15", 0));
  logs.answer_block("b14");
  CHECK(logs.told() == "-b14/0(late) -a12/0(late)");
  logs.answer_logs(log_of("a11", 0) + "," + log_of("b14", 0) + "," + log_of("b15", 0));
  logs.answer_block("a11");

  CHECK(logs.told() == "+b14/0(late) +b15/0(late)");
}

// Cause: only what was taken back in the same catch-up was doubted.
TEST_CASE("LogStream: an orphan that a source brings back is compared once more") {
  Logs logs;
  logs.tell("a11", 0);
  logs.tell("a12", 0);
  logs.tell("a12", 0, true);  // by a source that goes on with b12, without logs
  logs.told();

  logs.stream.catch_up();
  logs.answer_newest(13);
  logs.answer_logs(log_of("a11", 0) + "," + log_of("a12", 0));
  logs.answer_block("a11");
  CHECK(logs.told() == "+a12/0(late)");
  logs.tell("b14", 0);
  logs.answer_newest(14);
  CHECK(logs.out.question() == logs_from(12, 14));
  logs.answer_logs(log_of("b14", 0));
  logs.answer_block("b12");
  CHECK(logs.told() == "-a12/0(late)");
  logs.answer_logs(log_of("a11", 0) + "," + log_of("b14", 0));
  logs.answer_block("a11");

  CHECK(logs.told() == "+b14/0(late)");
}

TEST_CASE("LogStream: what is doubted for long is asked for as far back as may be filled") {
  Logs logs;
  logs.tell("b11", 0);
  logs.stream.catch_up();
  logs.answer_newest(12);
  logs.answer_logs("");
  logs.answer_block("a11");
  logs.answer_logs("");
  CHECK(logs.told() == "+b11/0 -b11/0(late)");

  logs.stream.on_pool_head(1'000);
  logs.stream.catch_up();
  logs.answer_newest(1'000);

  CHECK(logs.out.question() == logs_from(1'000 - few_logs().fill_blocks_max, 1'000));
}

}  // namespace sidecar::testing

#include "core/syncing_stream.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fake_stream_out.h"

namespace sidecar::testing {

namespace {

constexpr const char* kBusy = R"({"syncing":true,"status":{"currentBlock":"0x1"}})";
constexpr const char* kBusyAnswer = R"({"currentBlock":"0x1"})";

/// A stream whose node is in sync.
struct Syncing {
  Syncing() {
    stream.catch_up();
    stream.on_answer("false");
  }

  FakeStreamOut out;
  SyncingStream stream{StreamOptions{}, out};
};

}  // namespace

TEST_CASE("SyncingStream: the first state is only learnt") {
  Syncing syncing;

  CHECK(syncing.out.question() == "eth_syncing []");
  CHECK(syncing.out.events.empty());
  CHECK(syncing.out.caught_up_count == 1);
}

TEST_CASE("SyncingStream: a state is told when it changes") {
  Syncing syncing;

  syncing.stream.on_event("false");
  syncing.stream.on_event(kBusy);
  syncing.stream.on_event(kBusy);
  syncing.stream.on_event("false");

  CHECK(syncing.out.text() == std::string(kBusy) + "\nfalse\n");
  CHECK(syncing.out.kinds() == "LL");
}

TEST_CASE("SyncingStream: another source's state that differs is a change too") {
  Syncing syncing;
  syncing.stream.abandon();

  syncing.stream.catch_up();
  syncing.stream.on_answer(kBusyAnswer);
  syncing.stream.catch_up();
  syncing.stream.on_answer(kBusyAnswer);

  CHECK(syncing.out.text() == std::string(kBusy) + "\n");
  CHECK(syncing.out.kinds() == "R");
}

TEST_CASE("SyncingStream: polled, it tells the events of a source, and only where they change") {
  Syncing syncing;

  for (const char* answer : {"false", kBusyAnswer, R"({"currentBlock":"0x2"})", "false", "false"}) {
    syncing.stream.catch_up(CatchUp::kPoll);
    syncing.stream.on_answer(answer);
  }

  CHECK(syncing.out.text() == std::string(kBusy) + "\nfalse\n");
}

TEST_CASE("SyncingStream: what came before the first answer follows it") {
  FakeStreamOut out;
  SyncingStream stream({}, out);
  stream.catch_up();
  stream.on_event(kBusy);

  stream.on_answer("false");

  CHECK(out.text() == std::string(kBusy) + "\n");
}

TEST_CASE("SyncingStream: nothing is missing when nobody answers: the next state says all") {
  Syncing syncing;
  syncing.stream.catch_up();
  syncing.stream.on_event(kBusy);

  syncing.stream.give_up(GapReason::kNoAnswer);

  CHECK(syncing.out.gaps.empty());
  CHECK(syncing.out.text() == std::string(kBusy) + "\n");
}

}  // namespace sidecar::testing

#include "net/stream.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/socket_pair.h"

namespace sidecar::testing {

namespace {

struct Owner final : StreamSink {
  void on_stream_bytes(std::string_view bytes) override { got += bytes; }
  void on_stream_eof() override { is_ended = true; }
  void on_stream_connected() override { is_connected = true; }
  void on_stream_failed(std::string_view what) override { failure = what; }
  void on_stream_drained() override { ++drained; }

  std::string got;
  std::string failure;
  bool is_ended = false;
  bool is_connected = false;
  int drained = 0;
};

std::unique_ptr<Loop> make_loop() {
  return std::move(Loop::create()).value();
}

}  // namespace

TEST_CASE("Stream: what is written in one turn leaves in order, what comes is handed on") {
  auto loop = make_loop();
  SocketPair pair;
  Owner owner;
  auto stream = std::move(Stream::adopt(*loop, pair.ours(), 1'000, owner)).value();

  stream->write("a");
  stream->write("b");
  stream->write(std::string(100, 'c'));
  pair.send("hello");
  turn(*loop);

  CHECK(pair.receive() == "ab" + std::string(100, 'c'));
  CHECK(owner.got == "hello");
  stream.reset();
  turn(*loop);
}

TEST_CASE("Stream: half-close is told, and writing still works") {
  auto loop = make_loop();
  SocketPair pair;
  Owner owner;
  auto stream = std::move(Stream::adopt(*loop, pair.ours(), 1'000, owner)).value();

  pair.finish_sending();
  turn(*loop);
  CHECK(owner.is_ended);
  stream->write("late");
  turn(*loop);

  CHECK(pair.receive() == "late");
  stream.reset();
  turn(*loop);
}

TEST_CASE("Stream: a reader that is slow fills the queue to the mark, and draining is told once") {
  auto loop = make_loop();
  SocketPair pair;
  Owner owner;
  auto stream = std::move(Stream::adopt(*loop, pair.ours(), 100'000, owner)).value();
  const std::string chunk(1u << 20, 'x');

  stream->write(chunk);
  turn(*loop);
  CHECK(stream->is_over_mark());
  CHECK(owner.drained == 0);
  size_t received = 0;
  for (int i = 0; i < 1'000 && received < chunk.size(); ++i) {
    received += pair.receive().size();
    turn(*loop, 2);
  }

  CHECK(received == chunk.size());
  CHECK(owner.drained == 1);
  CHECK(stream->queued_bytes() == 0);
  stream.reset();
  turn(*loop);
}

TEST_CASE("Stream: writing to a peer that left fails, on a turn of its own, without a signal") {
  auto loop = make_loop();
  SocketPair pair;
  Owner owner;
  auto stream = std::move(Stream::adopt(*loop, pair.ours(), 1'000, owner)).value();
  pair.close_far();

  stream->write("x");
  CHECK(owner.failure.empty());
  turn(*loop);

  CHECK_FALSE(owner.failure.empty());
  stream.reset();
  turn(*loop);
}

TEST_CASE("Stream: close_gently delivers what is queued, then FIN, never a reset") {
  auto loop = make_loop();
  SocketPair pair;
  Owner owner;
  auto stream = std::move(Stream::adopt(*loop, pair.ours(), 1'000, owner)).value();

  stream->write("bye");
  Stream::close_gently(std::move(stream));
  turn(*loop);
  pair.send("not read by anybody");
  turn(*loop);

  CHECK(pair.receive() == "bye");
  CHECK(pair.is_ended());
  pair.close_far();
  turn(*loop);
}

TEST_CASE("Stream: a failure that is being reported survives the owner's closing") {
  auto loop = make_loop();
  SocketPair pair;
  Owner owner;
  auto stream = std::move(Stream::adopt(*loop, pair.ours(), 1'000, owner)).value();
  pair.close_far();
  stream->write("x");
  loop->run_ready();

  stream.reset();
  turn(*loop);

  CHECK(owner.failure.empty());
}

TEST_CASE("Stream: dialling a path that is not there fails later, one that is too long at once") {
  auto loop = make_loop();
  Owner owner;

  auto absent = Stream::connect(*loop, "/nonexistent/rpc.sock", 1'000, owner);
  REQUIRE(absent.ok());
  turn(*loop);
  CHECK_FALSE(owner.failure.empty());
  const auto too_long = Stream::connect(*loop, std::string(108, 'x'), 1'000, owner);

  CHECK_FALSE(too_long.ok());
  std::move(absent).value().reset();
  turn(*loop);
}

}  // namespace sidecar::testing

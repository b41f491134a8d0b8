#include "base/log_writer.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

struct Pipe {
  Pipe() {
    REQUIRE(::pipe(ends) == 0);
    ::fcntl(ends[1], F_SETPIPE_SZ, 4'096);  // less than a writer's buffer
  }
  ~Pipe() {
    close_reader();
    ::close(ends[1]);
  }
  void close_reader() {
    if (ends[0] >= 0) {
      ::close(ends[0]);
      ends[0] = -1;
    }
  }
  /// What is there, until `count` lines came.
  std::string read_lines(size_t count) {
    std::string text;
    char bytes[65'536];
    while (static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) < count) {
      pollfd one{ends[0], POLLIN, 0};
      if (::poll(&one, 1, 10'000) != 1) {
        break;
      }
      const ssize_t got = ::read(ends[0], bytes, sizeof(bytes));
      if (got <= 0) {
        break;
      }
      text.append(bytes, static_cast<size_t>(got));
    }
    return text;
  }

  int ends[2];
};

}  // namespace

TEST_CASE("LogWriter: lines come out whole and in order") {
  Pipe pipe;
  log::LogWriter writer(pipe.ends[1]);

  CHECK(writer.push("one\n"));
  CHECK(writer.push("two\n"));

  CHECK(writer.flush(10s));
  CHECK(pipe.read_lines(2) == "one\ntwo\n");
  CHECK(writer.dropped() == 0);
}

TEST_CASE("LogWriter: a pipe that nobody reads costs lines, which are counted, and no time") {
  Pipe pipe;
  const std::string line = std::string(999, 'x') + "\n";
  constexpr size_t kLines = 1'000;
  size_t taken = 0;
  {
    log::LogWriter writer(pipe.ends[1], 64'000);

    for (size_t i = 0; i < kLines; ++i) {
      taken += writer.push(line) ? 1 : 0;
    }

    CHECK(taken < kLines);
    CHECK(taken >= 64);  // the buffer, at least
    CHECK(writer.dropped() == kLines - taken);
    CHECK_FALSE(writer.flush(20ms));
  }  // leaves though its thread hangs
  CHECK(pipe.read_lines(taken) == [&]() {
    std::string all;
    for (size_t i = 0; i < taken; ++i) {
      all += line;
    }
    return all;
  }());
}

TEST_CASE("LogWriter: there is room again once the reader is back") {
  Pipe pipe;
  const std::string line = std::string(999, 'x') + "\n";
  log::LogWriter writer(pipe.ends[1], 64'000);
  size_t taken = 0;
  while (writer.dropped() == 0) {
    taken += writer.push(line) ? 1 : 0;
  }
  // The thread may have made room since the first loss.
  const std::string read = pipe.read_lines(taken);
  REQUIRE(writer.flush(10s));

  CHECK(read.size() == taken * line.size());
  CHECK(writer.push("after\n"));
  CHECK(pipe.read_lines(1) == "after\n");
  CHECK(writer.dropped() == 1);
}

TEST_CASE("LogWriter: a full disk loses lines, which are counted") {
  const int full = ::open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  log::LogWriter writer(full);

  writer.push("one\n");
  writer.push("two\n");
  CHECK(writer.flush(10s));

  CHECK(writer.dropped() == 2);
  ::close(full);
}

TEST_CASE("LogWriter: a descriptor that does not block is waited for") {
  Pipe pipe;
  REQUIRE(::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK) == 0);
  const std::string line = std::string(999, 'x') + "\n";
  log::LogWriter writer(pipe.ends[1]);

  for (int i = 0; i < 500; ++i) {
    REQUIRE(writer.push(line));
  }

  CHECK(pipe.read_lines(500).size() == 500'000);
  CHECK(writer.flush(10s));
  CHECK(writer.dropped() == 0);
}

}  // namespace sidecar::testing

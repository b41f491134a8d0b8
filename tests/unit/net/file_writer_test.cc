#include "net/file_writer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <optional>

#include "net/loop.h"
#include "tests/support/temp_folder.h"

namespace sidecar::testing {

namespace {

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Writes and runs the loop until it is done.
Status write_now(Loop& loop, FileWriter& writer, std::string bytes) {
  std::optional<Status> end;
  writer.write(std::move(bytes), [&end](const Status& status) { end = status; });
  CHECK_FALSE(end.has_value());
  CHECK_FALSE(writer.is_idle());
  loop.run();
  REQUIRE(end.has_value());
  CHECK(writer.is_idle());
  return *end;
}

}  // namespace

TEST_CASE("FileWriter: replaces the file as a whole, for its owner alone, and leaves no other") {
  TempFolder folder;
  auto loop = std::move(Loop::create()).value();
  FileWriter writer(*loop, folder.file("state"));

  CHECK(write_now(*loop, writer, "a longer first").ok());
  CHECK(write_now(*loop, writer, "second").ok());

  CHECK(content(folder.file("state")) == "second");
  CHECK(::access(folder.file("state.new").c_str(), F_OK) != 0);
  struct stat facts {};
  REQUIRE(::stat(folder.file("state").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
}

TEST_CASE("FileWriter: a folder that is not there is told, with the path") {
  TempFolder folder;
  auto loop = std::move(Loop::create()).value();
  FileWriter writer(*loop, folder.file("none/state"));

  const Status written = write_now(*loop, writer, "x");

  REQUIRE_FALSE(written.ok());
  CHECK(written.error().detail == folder.file("none/state") + ": No such file or directory");
}

TEST_CASE("FileWriter: what stands in the file's place and is none stays as it is") {
  TempFolder folder;
  REQUIRE(::mkdir(folder.file("state").c_str(), 0700) == 0);
  auto loop = std::move(Loop::create()).value();
  FileWriter writer(*loop, folder.file("state"));

  CHECK_FALSE(write_now(*loop, writer, "x").ok());

  CHECK(::access(folder.file("state.new").c_str(), F_OK) != 0);
}

TEST_CASE("FileWriter: gone while it writes, it finishes and tells nobody") {
  TempFolder folder;
  auto loop = std::move(Loop::create()).value();
  auto writer = std::make_unique<FileWriter>(*loop, folder.file("state"));
  bool is_told = false;

  writer->write("last", [&is_told](const Status&) { is_told = true; });
  writer.reset();
  loop->run();

  CHECK_FALSE(is_told);
  CHECK(content(folder.file("state")) == "last");
}

}  // namespace sidecar::testing

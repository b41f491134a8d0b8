#include "config/config_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/config/temp_dir.h"

namespace sidecar::testing {
namespace {

TEST_CASE("read_guarded_file: a configuration may be read by all and changed by its group") {
  const TempDir dir;

  for (const mode_t mode : {0400u, 0600u, 0644u, 0664u}) {
    CAPTURE(mode);
    const auto text = read_guarded_file(dir.write("a.toml", "x = 1\n", mode), config_file_rules());
    REQUIRE(text.ok());
    CHECK(text.value() == "x = 1\n");
    REQUIRE(unlink((dir.path() + "/a.toml").c_str()) == 0);
  }
}

TEST_CASE("read_guarded_file: a configuration that everybody may change is refused") {
  const TempDir dir;

  const auto text = read_guarded_file(dir.write("a.toml", "", 0666), config_file_rules());

  REQUIRE_FALSE(text.ok());
  CHECK(text.error().code == Errc::kPermission);
  CHECK(text.error().detail == "others may change it (mode 0666); chmod it to 0664");
}

TEST_CASE("read_guarded_file: a configuration of another user is refused") {
  if (geteuid() != 0) {
    return;  // only root can give a file away
  }
  const TempDir dir;
  const std::string file = dir.write("a.toml", "", 0644);
  REQUIRE(chown(file.c_str(), 12'345, 0) == 0);

  const auto text = read_guarded_file(file, config_file_rules());

  REQUIRE_FALSE(text.ok());
  CHECK(text.error().code == Errc::kPermission);
  CHECK(text.error().detail == "belongs to user 12345; its owner must be root or user 0");
}

TEST_CASE("read_guarded_file: what is no regular file is refused without waiting for it") {
  const TempDir dir;
  const std::string fifo = dir.path() + "/fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);

  for (const std::string& path : {dir.path(), fifo, std::string("/dev/null")}) {
    CAPTURE(path);
    const auto text = read_guarded_file(path, config_file_rules());
    REQUIRE_FALSE(text.ok());
    CHECK(text.error().code == Errc::kInvalid);
    CHECK(text.error().detail == "is not a regular file");
  }
}

TEST_CASE("read_guarded_file: a missing file has a code of its own") {
  const TempDir dir;
  const std::string file = dir.write("file", "");

  for (const std::string& path : {dir.path() + "/none", file + "/below"}) {
    CAPTURE(path);
    const auto text = read_guarded_file(path, config_file_rules());
    REQUIRE_FALSE(text.ok());
    CHECK(text.error().code == Errc::kNotFound);
  }
}

TEST_CASE("read_guarded_file: reads up to the cap and refuses one byte more") {
  const TempDir dir;
  const FileRules rules = {10, 0};

  const auto full = read_guarded_file(dir.write("full", "0123456789"), rules);
  const auto over = read_guarded_file(dir.write("over", "0123456789a"), rules);

  REQUIRE(full.ok());
  CHECK(full.value() == "0123456789");
  REQUIRE_FALSE(over.ok());
  CHECK(over.error().code == Errc::kLimit);
  CHECK(over.error().detail == "is longer than 10B");
}

}  // namespace
}  // namespace sidecar::testing

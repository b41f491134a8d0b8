#include "base/secret.h"

#include "base/log.h"

#include <doctest/doctest.h>

#include <sstream>

namespace sidecar::testing {

TEST_CASE("Secret: prints as stars and is revealed on request only") {
  const Secret secret("https://host/v2/KEY");
  std::ostringstream out;

  out << secret;

  CHECK(out.str() == "***");
  CHECK(log::kv("url", secret).value == "***");
  CHECK(secret.reveal() == "https://host/v2/KEY");
}

TEST_CASE("Secret: an empty one prints as nothing") {
  std::ostringstream out;

  out << Secret();

  CHECK(out.str().empty());
}

TEST_CASE("Log: a string literal is a text, a bool is a word, a level has its four names") {
  CHECK(log::kv("step", "h").value == "h");
  CHECK(log::kv("is_error", false).value == "false");
  CHECK(log::kv("count", 7u).value == "7");
  CHECK(log::set_level("warn").ok());
  CHECK_FALSE(log::is_on(log::Level::kInfo));
  CHECK_FALSE(log::set_level("loud").ok());
  CHECK(log::set_level("info").ok());
}

}  // namespace sidecar::testing

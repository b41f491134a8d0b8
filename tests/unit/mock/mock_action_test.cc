#include "mock/mock_action.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {

namespace {

MockAction read(std::string_view text) {
  const auto action = parse_mock_action(text);
  REQUIRE(action.ok());
  REQUIRE(action.value());
  return *action.value();
}

std::string refusal(std::string_view text) {
  const auto action = parse_mock_action(text);
  return action.ok() ? "" : action.error().detail;
}

}  // namespace

TEST_CASE("MockAction: each is read with what it takes, and what is left out") {
  CHECK(read(R"({"mine":{}})").count == 1);
  CHECK(read(R"({"mine":{"count":12}})").count == 12);

  const MockAction reorg = read(R"({"reorg":{"at":100,"salt":7}})");
  CHECK(reorg.kind == MockAction::Kind::kReorg);
  CHECK(reorg.at == 100);
  CHECK(reorg.salt == 7);
  CHECK_FALSE(read(R"({"reorg":{"depth":3}})").at);
  CHECK(read(R"({"reorg":{"depth":3}})").depth == 3);

  CHECK(read(R"({"close_sockets":{}})").code == 1011);
  CHECK(read(R"({"close_sockets":{"code":1001}})").code == 1001);
  CHECK_FALSE(read(R"({"close_sockets":{"reset":true}})").code);
}

TEST_CASE("MockAction: texts about faults, or about nothing, are none") {
  for (const std::string_view text : {R"({"faults":[]})", "{}", "[]", "{", ""}) {
    CAPTURE(text);
    const auto action = parse_mock_action(text);
    REQUIRE(action.ok());
    CHECK_FALSE(action.value());
  }
}

TEST_CASE("MockAction: a wrong one is refused by name") {
  CHECK(refusal(R"({"mine":{"count":0}})").starts_with("mine.count: out of range"));
  CHECK(refusal(R"({"mine":{"count":"3"}})").starts_with("mine.count"));
  CHECK(refusal(R"({"mine":{"blocks":3}})").starts_with("mine.blocks"));
  CHECK(refusal(R"({"mine":[]})").starts_with("mine: an action is an object"));
  CHECK(refusal(R"({"mine":{},"reorg":{}})").find("goes alone") != std::string::npos);
  CHECK(refusal(R"({"reorg":{"at":0}})").starts_with("reorg.at"));
  CHECK(refusal(R"({"reorg":{"at":5,"depth":5}})").starts_with("reorg.at"));
  CHECK(refusal(R"({"reorg":{"depth":0}})").starts_with("reorg.depth"));
  CHECK(refusal(R"({"reorg":{"salt":-1}})").starts_with("reorg.salt"));
  CHECK(refusal(R"({"close_sockets":{"code":999}})").starts_with("close_sockets.code"));
}

}  // namespace sidecar::testing

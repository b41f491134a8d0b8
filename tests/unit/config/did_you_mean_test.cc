#include "config/did_you_mean.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace sidecar::testing {
namespace {

struct WordCase {
  std::string_view word;
  std::string_view nearest;
};

TEST_CASE("nearest_word: finds what is at most a third of the word away") {
  const std::vector<std::string_view> candidates = {
      "path", "mode", "group", "timeout", "connect_timeout", "tier"};
  const std::vector<WordCase> cases = {
      {"moed", "mode"},                             // two letters swapped
      {"paht", "path"},                             //
      {"pth", "path"},                              // one left out
      {"pathh", "path"},                            // one too many
      {"gruop", "group"},                           //
      {"tmieout", "timeout"},                       //
      {"connecttimeout", "connect_timeout"},        //
      {"conect_timeout", "connect_timeout"},        //
      {"tire", "tier"},                             //
      {"x", ""},                                    // nothing is near
      {"", ""},                                     //
      {"verbose", ""},                              //
      {"connect_timeout_of_everything_there", ""},  //
  };

  for (const WordCase& row : cases) {
    CAPTURE(row.word);
    CHECK(nearest_word(row.word, candidates) == row.nearest);
  }
}

TEST_CASE("nearest_word: an endless word is near nothing") {
  CHECK(nearest_word(std::string(1u << 20, 'p'), {"path"}).empty());
}

TEST_CASE("nearest_word: the nearest wins, and the first of two as near") {
  CHECK(nearest_word("hosts", {"ghost", "hostss", "hosted"}) == "hostss");
  CHECK(nearest_word("abcd", {"abce", "abcf"}) == "abce");
}

}  // namespace
}  // namespace sidecar::testing

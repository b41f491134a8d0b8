#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "random_json.h"
#include "rpc/json_text.h"
#include "rpc/rapidjson_reader.h"
#include "rpc/scanner.h"

namespace sidecar::testing {
namespace {

struct Ours {
  bool is_accepted;
  ScanError error;
};

Ours scan_in_pieces(const std::string& text, RandomJson& random) {
  JsonScanner scanner;
  size_t at = 0;
  while (at < text.size() && scanner.status() == ScanStatus::kNeedMore) {
    // A copy of the piece's own size, not even a NUL behind it, lets the sanitizer see a read past
    // its end.
    const std::string part = text.substr(at, 1 + random.below(text.size()));
    const std::vector<char> piece(part.begin(), part.end());
    at += scanner.feed({piece.data(), piece.size()}).consumed;
  }
  const bool is_done = scanner.finish() == ScanStatus::kDone;
  return {is_done && skip_whitespace(text, at) == text.size(), scanner.error()};
}

rapidjson::ParseErrorCode rapidjson_error(const std::string& text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::BaseReaderHandler<> ignore;
  rapidjson::Reader reader;
  return reader.Parse<kRapidJsonFlags>(stream, ignore).Code();
}

bool is_accepted_by_rapidjson(const std::string& text) {
  return rapidjson_error(text) == rapidjson::kParseErrorNone;
}

/// Where Debian 12's RapidJSON (1.1.0 of 2016 and patches) is known to be wrong or to differ.
bool is_known_deviation(const std::string& text, const Ours& ours) {
  if (!ours.is_accepted) {
    // It takes a low surrogate escape alone, and reads a NUL as the end of its input.
    return ours.error == ScanError::kLoneSurrogate || text.find('\0') != std::string::npos;
  }
  // It refuses numbers past a double's range although they are kept as strings.
  return rapidjson_error(text) == rapidjson::kParseErrorNumberTooBig;
}

}  // namespace

TEST_CASE("JsonScanner: agrees with RapidJSON on random and on spoiled texts") {
  const uint32_t seed = test_seed();
  MESSAGE("RPCS_TEST_SEED=", seed);
  RandomJson random(seed);
  size_t accepted = 0;
  size_t refused = 0;

  for (int i = 0; i < 20'000; ++i) {
    std::string text = random.document();
    if (i % 3 != 0) {
      text = random.spoil(std::move(text));
    }
    const Ours ours = scan_in_pieces(text, random);
    const bool theirs = is_accepted_by_rapidjson(text);
    ++(ours.is_accepted ? accepted : refused);
    if (ours.is_accepted != theirs) {
      CAPTURE(text);
      CHECK(is_known_deviation(text, ours));
    }
  }

  CHECK(accepted > 5'000);
  CHECK(refused > 5'000);
}

TEST_CASE("JsonScanner: the known deviations of RapidJSON are still what they were") {
  JsonScanner scanner;
  CHECK(scanner.feed("[\"\\udc00\"]").status == ScanStatus::kError);
  CHECK(is_accepted_by_rapidjson("[\"\\udc00\"]"));

  scanner.reset();
  CHECK(scanner.feed("[1e400]").status == ScanStatus::kDone);
  CHECK(rapidjson_error("[1e400]") == rapidjson::kParseErrorNumberTooBig);

  CHECK(is_accepted_by_rapidjson(std::string("[]\0x", 4)));
}

}  // namespace sidecar::testing

#include "rpc/text_stream.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "random_json.h"
#include "rpc/envelope.h"

namespace sidecar::testing {
namespace {

using Event = TextStream::Event;

/// Feeds one piece, gathers the texts, and returns the event that ended it.
Event feed(TextStream& stream, std::string piece, std::vector<std::string>& texts) {
  stream.feed(piece);
  TextStream::Step step = stream.next();
  while (step.event == Event::kText) {
    texts.emplace_back(step.text);
    step = stream.next();
  }
  return step.event;
}

}  // namespace

TEST_CASE("TextStream: cuts joined, spaced and pretty texts") {
  TextStream stream;
  std::vector<std::string> texts;

  const Event event =
      feed(stream, " \n{\"a\":1}{\"b\":\"}{\"}\r\n[1,\n 2]\t[] \n\n{\n  \"c\" : { }\n}\n", texts);

  CHECK(event == Event::kNeedMore);
  CHECK(texts == std::vector<std::string>{"{\"a\":1}", "{\"b\":\"}{\"}", "[1,\n 2]", "[]",
                                          "{\n  \"c\" : { }\n}"});
  CHECK(stream.is_between_texts());
  CHECK(stream.kept_bytes() == 0);
}

TEST_CASE("TextStream: D16 any split gives the same texts, one byte at a time included") {
  const std::string input = " {\"a\":\"\\u00e9\xc3\xa9{\"}[{}]\n{\"id\":12}{} ";
  const std::vector<std::string> expected = {"{\"a\":\"\\u00e9\xc3\xa9{\"}", "[{}]", "{\"id\":12}",
                                             "{}"};
  for (size_t size = 1; size <= input.size(); ++size) {
    CAPTURE(size);
    TextStream stream;
    std::vector<std::string> texts;
    for (size_t at = 0; at < input.size(); at += size) {
      REQUIRE(feed(stream, input.substr(at, size), texts) == Event::kNeedMore);
    }
    CHECK(texts == expected);
    CHECK(stream.kept_bytes() == 0);
  }
}

TEST_CASE("TextStream: random texts in random pieces come out whole") {
  const uint32_t seed = test_seed();
  MESSAGE("RPCS_TEST_SEED=", seed);
  RandomJson random(seed);
  for (int round = 0; round < 300; ++round) {
    std::string input;
    std::vector<std::string> expected;
    for (size_t i = 0, count = 1 + random.below(6); i < count; ++i) {
      expected.push_back(random.container());
      input += std::string(random.below(3), ' ') + expected.back();
    }
    TextStream stream;
    std::vector<std::string> texts;
    for (size_t at = 0; at < input.size();) {
      const size_t size = 1 + random.below(60);
      REQUIRE(feed(stream, input.substr(at, size), texts) == Event::kNeedMore);
      at += size;
    }
    REQUIRE(texts == expected);
  }
}

TEST_CASE("TextStream: a text that lies in one chunk is not copied") {
  const std::string chunk = "{\"a\":1} {\"b\":2}";
  TextStream stream;

  stream.feed(chunk);

  CHECK(stream.next().text.data() == chunk.data());
  CHECK(stream.next().text.data() == chunk.data() + 8);
  CHECK(stream.next().event == Event::kNeedMore);
}

TEST_CASE("TextStream: hands over the members, so that no second scan is due") {
  TextStream stream;
  std::vector<std::string> texts;
  feed(stream, "  {\"id\":1,\"x\":0} {\"jsonrpc\":\"2.0\",\"me", texts);

  const std::string rest = "thod\":\"m\",\"id\":\"b\"} [{},1]";
  stream.feed(rest);
  const TextStream::Step step = stream.next();

  REQUIRE(step.event == Event::kText);
  const RequestView request = parse_request(step.text, stream.scanner());
  CHECK(request.kind == RequestKind::kCall);
  CHECK(request.method == "m");
  CHECK(request.id == "\"b\"");
  const TextStream::Step batch = stream.next();
  CHECK(split_batch(batch.text, stream.scanner(), 1000).items ==
        std::vector<std::string_view>{"{}", "1"});
}

TEST_CASE("TextStream: hold keeps the rest of a chunk that must go") {
  TextStream stream;
  std::string first;
  {
    std::string chunk = "{\"a\":1} {\"b\":2} {\"c\"";
    stream.feed(chunk);
    first = stream.next().text;
    stream.hold();
    chunk.assign(chunk.size(), 'x');
  }

  CHECK(first == "{\"a\":1}");
  CHECK(stream.kept_bytes() > 0);
  CHECK_FALSE(stream.is_between_texts());
  CHECK(stream.next().text == "{\"b\":2}");
  CHECK(stream.next().event == Event::kNeedMore);
  std::vector<std::string> texts;
  feed(stream, ":3}", texts);
  CHECK(texts == std::vector<std::string>{"{\"c\":3}"});
  CHECK(stream.kept_bytes() == 0);
}

TEST_CASE("TextStream: hold twice in a row loses nothing") {
  TextStream stream;
  const std::string chunk = "{\"a\":1}{\"b\":2}";
  stream.feed(chunk);

  stream.hold();
  CHECK(stream.next().text == "{\"a\":1}");
  stream.hold();
  CHECK(stream.next().text == "{\"b\":2}");
  CHECK(stream.next().event == Event::kNeedMore);
}

TEST_CASE("TextStream: an end of input is clean only between texts") {
  TextStream stream;
  std::vector<std::string> texts;

  CHECK(stream.is_between_texts());
  feed(stream, " \n", texts);
  CHECK(stream.is_between_texts());
  feed(stream, "{", texts);
  CHECK_FALSE(stream.is_between_texts());
  feed(stream, "}", texts);
  CHECK(stream.is_between_texts());
}

TEST_CASE("TextStream: a fault is final and says what and where") {
  const struct {
    const char* input;
    const char* fault;
    uint64_t offset;
  } rows[] = {
      {"{\"a\":1} {\"b\" 2}", "unexpected byte", 13},
      {"{\"a\":\"\\ud800\"}", "lone surrogate escape in a string", 12},
      {"{} \"text\"", "a request must be an object or an array", 3},
      {"{}17", "a request must be an object or an array", 2},
      {"\xef\xbb\xbf{}", "a request must be an object or an array", 0},
      {" GET / HTTP/1.1", "a request must be an object or an array", 1},
  };
  for (const auto& row : rows) {
    CAPTURE(row.input);
    for (const size_t size : {size_t{1}, size_t{100}}) {
      const std::string input = row.input;
      TextStream stream;
      std::vector<std::string> texts;
      Event event = Event::kNeedMore;
      for (size_t at = 0; at < input.size() && event == Event::kNeedMore; at += size) {
        event = feed(stream, input.substr(at, size), texts);
      }
      CHECK(event == Event::kBadText);
      CHECK(stream.fault_text() == row.fault);
      CHECK(stream.fault_offset() == row.offset);
      CHECK(feed(stream, "{}", texts) == Event::kBadText);
      CHECK(stream.kept_bytes() == 0);
      CHECK_FALSE(stream.is_between_texts());
    }
  }
}

TEST_CASE("TextStream: a text over the cap is refused, in one piece and in many") {
  const std::string fits = "{\"a\":\"" + std::string(92, 'x') + "\"}";
  REQUIRE(fits.size() == 100);
  const std::string over = "{\"a\":\"" + std::string(93, 'x') + "\"}";
  for (const size_t size : {size_t{1}, size_t{30}, size_t{1000}}) {
    CAPTURE(size);
    TextStream stream({.text_bytes_max = 100});
    std::vector<std::string> texts;
    for (size_t at = 0; at < fits.size(); at += size) {
      REQUIRE(feed(stream, fits.substr(at, size), texts) == Event::kNeedMore);
    }
    CHECK(texts.size() == 1);
    Event event = Event::kNeedMore;
    for (size_t at = 0; at < over.size() && event == Event::kNeedMore; at += size) {
      event = feed(stream, over.substr(at, size), texts);
    }
    CHECK(event == Event::kTooLarge);
    CHECK(stream.kept_bytes() == 0);
  }
}

TEST_CASE("TextStream: a fault past the cap is not seen, in one piece neither") {
  const std::string input = "[\"" + std::string(200, 'x') + "\n\"]";
  for (const size_t size : {size_t{7}, input.size()}) {
    TextStream stream({.text_bytes_max = 100});
    std::vector<std::string> texts;
    Event event = Event::kNeedMore;
    for (size_t at = 0; at < input.size() && event == Event::kNeedMore; at += size) {
      event = feed(stream, input.substr(at, size), texts);
    }
    CHECK(event == Event::kTooLarge);
  }
}

TEST_CASE("TextStream: white space without end costs nothing and is no fault") {
  TextStream stream({.text_bytes_max = 100});
  std::vector<std::string> texts;

  for (int i = 0; i < 100; ++i) {
    REQUIRE(feed(stream, std::string(1000, ' '), texts) == Event::kNeedMore);
  }
  CHECK(stream.kept_bytes() == 0);
  CHECK(feed(stream, "{}", texts) == Event::kNeedMore);
  CHECK(texts.size() == 1);
}

TEST_CASE("TextStream: D16 the depth cap is the caller's") {
  TextStream stream({.depth_max = 3});
  std::vector<std::string> texts;

  CHECK(feed(stream, "[[[]]]", texts) == Event::kNeedMore);
  CHECK(feed(stream, "[[[[", texts) == Event::kBadText);
  CHECK(stream.fault_text() == "nested too deep");
}

TEST_CASE("TextStream: D16 a text of 5 MB in small reads comes out whole") {
  const std::string text = "{\"params\":[\"0x" + std::string(5'000'000, 'a') + "\"]}";
  TextStream stream;
  std::vector<std::string> texts;

  for (size_t at = 0; at < text.size(); at += 65'536) {
    REQUIRE(feed(stream, text.substr(at, 65'536), texts) == Event::kNeedMore);
  }

  REQUIRE(texts.size() == 1);
  CHECK(texts[0] == text);
  CHECK(stream.kept_bytes() == 0);
}

}  // namespace sidecar::testing

#include "rpc/byte_text.h"

#include <doctest/doctest.h>

#include <string>

#include "base/random.h"

namespace sidecar::testing {

TEST_CASE("byte_text: known texts") {
  CHECK(to_hex(std::string("\x00\x0f\xff", 3)) == "0x000fff");
  CHECK(to_quantity(0) == "0x0");
  CHECK(to_quantity(0x1a2b) == "0x1a2b");
  CHECK(to_quantity(Wide{1} << 100) == "0x10000000000000000000000000");
  CHECK(to_base58("Hello World!") == "2NEpo7TZRRrLZSi2U");
  CHECK(to_base58(std::string(32, '\0')) == "11111111111111111111111111111111");
  CHECK(to_base64("") == "");
  CHECK(to_base64("f") == "Zg==");
  CHECK(to_base64("fo") == "Zm8=");
  CHECK(to_base64("foobar") == "Zm9vYmFy");
  CHECK(to_big_endian(0x0102, 4) == std::string("\0\0\x01\x02", 4));
  CHECK(to_little_endian(0x0102, 4) == std::string("\x02\x01\0\0", 4));
  CHECK(from_little_endian(std::string("\x02\x01\0\0", 4)) == 0x0102);
}

TEST_CASE("byte_text: what is not the form is refused") {
  for (const char* text : {"", "00", "0x0", "0xzz", "x00"}) {
    CAPTURE(text);
    CHECK(!from_hex(text));
  }
  for (const char* text : {"", "0x", "0x01", "1", "0xg", "0x10000000000000000"}) {
    CAPTURE(text);
    CHECK(!from_quantity(text));
  }
  for (const char* text : {"0", "O", "l", "a b"}) {
    CAPTURE(text);
    CHECK(!from_base58(text));
  }
  for (const char* text : {"a", "ab", "abc", "a=bc", "====", "ab-d"}) {
    CAPTURE(text);
    CHECK(!from_base64(text));
  }
  CHECK(!from_base58(std::string(2'049, '2')));
  CHECK(!from_big_endian(std::string(17, '\x01')));
  CHECK(from_big_endian(std::string(20, '\0') + '\x01') == Wide{1});
}

TEST_CASE("byte_text: every form gives the bytes back") {
  constexpr uint64_t kSeed = 20'261'121;
  CAPTURE(kSeed);
  Random random(kSeed);
  for (int round = 0; round < 500; ++round) {
    std::string bytes(random.below(round % 10 == 0 ? 1'400 : 80), '\0');
    for (size_t i = random.below(3); i < bytes.size(); ++i) {
      bytes[i] = static_cast<char>(random.next());
    }

    CHECK(from_hex(to_hex(bytes)) == bytes);
    CHECK(from_base58(to_base58(bytes)) == bytes);
    CHECK(from_base64(to_base64(bytes)) == bytes);

    const uint64_t number = random.next() >> random.below(64);
    CHECK(from_quantity(to_quantity(number)) == number);
    CHECK(from_big_endian(to_big_endian(number, 8)) == Wide{number});
    CHECK(from_little_endian(to_little_endian(number, 8)) == number);
  }
}

}  // namespace sidecar::testing

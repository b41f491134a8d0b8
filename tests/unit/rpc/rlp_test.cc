#include "rpc/rlp.h"

#include <doctest/doctest.h>

#include <string>

#include "rpc/byte_text.h"

namespace sidecar::testing {

TEST_CASE("parse_rlp_list: strings and lists of every form of length") {
  const std::string text = *from_hex("0xcc83646f6701c2c10580820102");

  const auto items = parse_rlp_list(text, 8);

  REQUIRE(items);
  REQUIRE(items->size() == 5);
  CHECK(items->at(0).bytes == "dog");
  CHECK(items->at(1).bytes == "\x01");
  CHECK(items->at(2).is_list);
  CHECK(to_hex(items->at(2).bytes) == "0xc2c105");
  CHECK(items->at(3).bytes.empty());
  CHECK(to_hex(items->at(4).bytes) == "0x0102");

  const std::string payload(60, 'x');
  const std::string long_list = "\xf8\x3e\xb8\x3c" + payload;
  REQUIRE(parse_rlp_list(long_list, 8));
  CHECK(parse_rlp_list(long_list, 8)->at(0).bytes == payload);
}

TEST_CASE("parse_rlp_list: every cut and every excess is refused") {
  const std::string text = *from_hex("0xcc83646f6701c2c10580820102");
  for (size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    CHECK(!parse_rlp_list(std::string_view(text).substr(0, size), 8));
  }
  CHECK(!parse_rlp_list(text + "x", 8));
  CHECK(!parse_rlp_list(text, 4));
  CHECK(
      !parse_rlp_list("\x83"
                      "dog",
                      8));                                       // no list
  CHECK(!parse_rlp_list(*from_hex("0xffffffffffffffffff"), 8));  // a length of 8 bytes
  CHECK(!parse_rlp_list(*from_hex("0xfaffffff"), 8));            // longer than the text
  CHECK(!parse_rlp_list(*from_hex("0xc2bbff"), 8));              // an item's length is cut
}

}  // namespace sidecar::testing

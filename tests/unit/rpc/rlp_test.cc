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

TEST_CASE("read_rlp_head: needs the head only") {
  const struct {
    const char* text;
    bool is_list;
    size_t head_bytes;
    size_t body_bytes;
  } rows[] = {{"0x7f", false, 0, 1},      {"0x80", false, 1, 0},
              {"0xb7", false, 1, 55},     {"0xb838", false, 2, 56},
              {"0xc0", true, 1, 0},       {"0xf7", true, 1, 55},
              {"0xf90100", true, 3, 256}, {"0xfb01000000", true, 5, 0x1000000}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto head = read_rlp_head(*from_hex(row.text));
    REQUIRE(head.has_value());
    CHECK(head->is_list == row.is_list);
    CHECK(head->head_bytes == row.head_bytes);
    CHECK(head->body_bytes == row.body_bytes);
  }
  for (const char* text : {"0x", "0xb8", "0xf901", "0xfc0100000000"}) {
    CAPTURE(text);
    CHECK_FALSE(read_rlp_head(*from_hex(text)).has_value());
  }
}

}  // namespace sidecar::testing

#include "net/http_ws_frames.h"

#include <doctest/doctest.h>

#include <array>
#include <random>

namespace sidecar::testing {

TEST_CASE("WsFrameHead: reads the client's examples of RFC 6455 section 5.7") {
  WsFrameHead head;

  REQUIRE(read_ws_head("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", head) == WsHeadState::kOk);
  std::string text;
  append_unmasked(text, "\x7f\x9f\x4d\x51\x58", head.mask, 0);

  CHECK(head.opcode == WsOpcode::kText);
  CHECK(head.is_final);
  CHECK(head.payload_bytes == 5);
  CHECK(head.head_bytes == 6);
  CHECK(text == "Hello");
}

TEST_CASE("WsFrameHead: reads and writes every form of the length") {
  struct Row {
    uint64_t length;
    std::string_view written;
  };
  using namespace std::string_view_literals;
  const std::array<Row, 6> rows = {{
      {0, "\x82\x00"sv},
      {125, "\x82\x7d"sv},
      {126, "\x82\x7e\x00\x7e"sv},
      {65'535, "\x82\x7e\xff\xff"sv},
      {65'536, "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"sv},
      {0x7fffffffffffffff, "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"sv},
  }};
  for (const Row& row : rows) {
    CAPTURE(row.length);
    std::string bytes;
    WsFrameHead head;

    append_ws_head(bytes, WsOpcode::kBinary, true, row.length);
    CHECK(bytes == row.written);
    bytes[1] = static_cast<char>(bytes[1] | '\x80');
    bytes += "mask";

    for (size_t split = 0; split < bytes.size(); ++split) {
      CHECK(read_ws_head(bytes.substr(0, split), head) == WsHeadState::kMore);
    }
    CHECK(read_ws_head(bytes, head) == WsHeadState::kOk);
    CHECK(head.payload_bytes == row.length);
    CHECK(head.head_bytes == bytes.size());
    CHECK(head.mask == WsMask{'m', 'a', 's', 'k'});
  }
}

TEST_CASE("WsFrameHead: two bytes are enough to refuse what no client may send") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes = {static_cast<char>(first), static_cast<char>(second)};
      const int opcode = first & 0x0f;
      const bool is_control = opcode >= 8;
      const bool is_legal = (first & 0x70) == 0 && (second & 0x80) != 0 &&
                            (opcode <= 2 || (opcode >= 8 && opcode <= 10)) &&
                            (!is_control || ((first & 0x80) != 0 && (second & 0x7f) <= 125));
      WsFrameHead head;

      REQUIRE(read_ws_head(bytes, head) == (is_legal ? WsHeadState::kMore : WsHeadState::kBroken));
    }
  }
}

TEST_CASE("WsFrameHead: a length with the highest bit is broken") {
  WsFrameHead head;

  CHECK(read_ws_head(std::string("\x81\xff\x80\0\0\0\0\0\0\1mask", 14), head) ==
        WsHeadState::kBroken);
}

TEST_CASE("WsFrameHead: unmasking in pieces gives what unmasking at once gives") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::string payload(random() % 100, '\0');
    for (char& c : payload) {
      c = static_cast<char>(random());
    }
    const WsMask mask = {static_cast<uint8_t>(random()), 0, static_cast<uint8_t>(random()), 0xff};
    std::string wanted;
    for (size_t i = 0; i < payload.size(); ++i) {
      wanted.push_back(static_cast<char>(payload[i] ^ static_cast<char>(mask[i % 4])));
    }

    std::string pieces;
    for (size_t at = 0; at < payload.size();) {
      const size_t count = 1 + random() % 20;
      append_unmasked(pieces, std::string_view(payload).substr(at, count), mask, at);
      at += count;
    }

    REQUIRE(pieces == wanted);
  }
}

TEST_CASE("WsFrameHead: a Close is answered with its own code, if that may be sent") {
  struct Row {
    int code;
    int answer;
  };
  const std::array<Row, 14> rows = {{{999, 1002},
                                     {1000, 1000},
                                     {1003, 1003},
                                     {1004, 1002},
                                     {1005, 1002},
                                     {1006, 1002},
                                     {1007, 1007},
                                     {1014, 1014},
                                     {1015, 1002},
                                     {2999, 1002},
                                     {3000, 3000},
                                     {4999, 4999},
                                     {5000, 1002},
                                     {65535, 1002}}};
  for (const Row& row : rows) {
    const std::string payload = {static_cast<char>(row.code >> 8),
                                 static_cast<char>(row.code & 0xff), 'w', 'h', 'y'};

    CHECK(answer_to_close(payload) == row.answer);
  }
  CHECK(answer_to_close("") == 1000);
  CHECK(answer_to_close("x") == 1002);
}

}  // namespace sidecar::testing

#include "proto/frame.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace sidecar::testing {

namespace {

/// A frame as the decoder tells it.
struct Seen {
  rpcs_frame frame;
  std::string payload;
};

std::string golden(const std::string& name) {
  const std::filesystem::path path =
      std::filesystem::path(TEST_SOURCE_DIR) / "../proto/golden" / (name + ".hex");
  std::ifstream file(path);
  REQUIRE(file.good());
  std::string bytes;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    for (std::string word; !line.starts_with('#') && words >> word;) {
      bytes += static_cast<char>(std::stoi(word, nullptr, 16));
    }
  }
  return bytes;
}

std::string encode(uint8_t type, uint8_t flags, uint16_t chain, uint64_t id,
                   const std::string& payload) {
  const rpcs_frame frame{static_cast<uint32_t>(payload.size()), type, flags, chain, id};
  uint8_t header[RPCS_HEADER_BYTES];
  rpcs_encode_header(&frame, header);
  return std::string(reinterpret_cast<const char*>(header), sizeof(header)) + payload;
}

/// Feeds `pieces` one after another; false on an error, which *status then names.
bool decode(const std::vector<std::string>& pieces, uint32_t payload_max, std::vector<Seen>& seen,
            rpcs_frame_status* status) {
  rpcs_decoder decoder;
  rpcs_decoder_init(&decoder, payload_max);
  for (const std::string& piece : pieces) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(piece.data());
    size_t length = piece.size();
    for (bool is_hungry = false; !is_hungry;) {
      const uint8_t* part = nullptr;
      size_t part_length = 0;
      switch (rpcs_decoder_next(&decoder, &bytes, &length, &part, &part_length, status)) {
        case RPCS_EVENT_NEED_MORE:
          CHECK(length == 0);
          is_hungry = true;
          break;
        case RPCS_EVENT_HEADER:
          seen.push_back({decoder.frame, ""});
          break;
        case RPCS_EVENT_PAYLOAD:
          seen.back().payload.append(reinterpret_cast<const char*>(part), part_length);
          break;
        case RPCS_EVENT_END:
          CHECK(seen.back().payload.size() == seen.back().frame.payload_length);
          break;
        case RPCS_EVENT_BAD:
          return false;
      }
    }
  }
  return true;
}

const std::vector<std::string> kGolden{
    "hello",      "welcome",          "call",           "result",      "call_on_chain",
    "error",      "result_more",      "result_last",    "cancel",      "ping",
    "pong",       "goaway",           "call_explained", "subscribe",   "subscribed",
    "event",      "event_replayed",   "event_gap",      "unsubscribe", "unsubscribed",
    "event_last", "subscribe_resumed"};

std::string event_payload(const rpcs_event_head& head, const std::string& value) {
  uint8_t bytes[RPCS_EVENT_HEAD_BYTES];
  rpcs_encode_event_head(&head, bytes);
  return std::string(reinterpret_cast<const char*>(bytes), sizeof(bytes)) + value;
}

}  // namespace

TEST_CASE("Frame: what is encoded has the golden bytes") {
  CHECK(encode(RPCS_CALL, 0, 0, 1, R"({"method":"eth_blockNumber","params":[]})") ==
        golden("call"));
  CHECK(encode(RPCS_CALL, 0, 2, 0x0102030405060708, R"({"method":"getSlot","deadline_ms":500})") ==
        golden("call_on_chain"));
  CHECK(
      encode(RPCS_CALL, 0, 0, 6, R"({"method":"eth_chainId","provider":"alpha","explain":true})") ==
      golden("call_explained"));
  CHECK(encode(RPCS_RESULT, RPCS_FLAG_MORE, 0, 3, R"(["0x1",)") == golden("result_more"));
  CHECK(encode(RPCS_CANCEL, 0, 0, 4, "") == golden("cancel"));
  CHECK(encode(RPCS_PING, 0, 0, 5, "are you there") == golden("ping"));
  CHECK(encode(RPCS_SUBSCRIBE, 0, 0, 9, R"({"method":"eth_subscribe","params":["newHeads"]})") ==
        golden("subscribe"));
  CHECK(encode(RPCS_EVENT, 0, 0, 9, event_payload({7, 42}, R"({"number":"0x12d687"})")) ==
        golden("event"));
  CHECK(encode(RPCS_EVENT, RPCS_FLAG_REPLAYED, 0, 9,
               event_payload({7, 43}, R"({"number":"0x12d688"})")) == golden("event_replayed"));
  CHECK(encode(RPCS_EVENT, RPCS_FLAG_GAP, 0, 9,
               event_payload({7, 44}, R"({"reason":"fill_limit"})")) == golden("event_gap"));
  CHECK(encode(RPCS_EVENT, RPCS_FLAG_LAST, 2, 10,
               event_payload({7, 0x0001020304050608}, R"({"value":{"err":null}})")) ==
        golden("event_last"));
  CHECK(encode(RPCS_UNSUBSCRIBE, 0, 0, 9, "") == golden("unsubscribe"));
}

TEST_CASE("Frame: every golden file decodes to one frame that encodes to the same bytes") {
  for (const std::string& name : kGolden) {
    CAPTURE(name);
    const std::string bytes = golden(name);
    std::vector<Seen> seen;
    rpcs_frame_status status = RPCS_FRAME_OK;

    REQUIRE(decode({bytes}, RPCS_PAYLOAD_MAX, seen, &status));

    REQUIRE(seen.size() == 1);
    const rpcs_frame& frame = seen[0].frame;
    CHECK(encode(frame.type, frame.flags, frame.chain, frame.id, seen[0].payload) == bytes);
  }
}

TEST_CASE("Frame: PROTOCOL.md shows the golden bytes") {
  const std::filesystem::path root = std::filesystem::path(TEST_SOURCE_DIR) / "../proto";
  std::ostringstream page;
  page << std::ifstream(root / "PROTOCOL.md").rdbuf();
  for (const std::string& name : kGolden) {
    CAPTURE(name);
    std::ifstream file(root / "golden" / (name + ".hex"));
    std::string block = "(`" + name + ".hex`)";
    CHECK(page.str().find(block) != std::string::npos);
    block.clear();
    int lines = 0;  // a long payload is cut short on the page
    for (std::string line; lines < 3 && std::getline(file, line);) {
      if (!line.starts_with('#')) {
        block += "\n" + line;
        ++lines;
      }
    }
    CHECK(page.str().find(block + "\n") != std::string::npos);
  }
}

TEST_CASE("Frame: a stream may be split anywhere") {
  const std::string bytes = golden("call") + golden("cancel") + golden("result_more");
  for (size_t first = 0; first <= bytes.size(); ++first) {
    for (const size_t second : {first, (first + bytes.size()) / 2, bytes.size()}) {
      std::vector<Seen> seen;
      rpcs_frame_status status = RPCS_FRAME_OK;

      const bool is_sound = decode(
          {bytes.substr(0, first), bytes.substr(first, second - first), bytes.substr(second)},
          1'000, seen, &status);

      CAPTURE(first);
      REQUIRE(is_sound);
      REQUIRE(seen.size() == 3);
      CHECK(seen[0].payload == R"({"method":"eth_blockNumber","params":[]})");
      CHECK(seen[1].payload.empty());
      CHECK(seen[2].frame.flags == RPCS_FLAG_MORE);
    }
  }
}

TEST_CASE("Frame: a truncated frame is never reported whole") {
  const std::string bytes = golden("call");
  for (size_t length = 0; length < bytes.size(); ++length) {
    std::vector<Seen> seen;
    rpcs_frame_status status = RPCS_FRAME_OK;

    REQUIRE(decode({bytes.substr(0, length)}, 1'000, seen, &status));

    CHECK(seen.size() == (length >= RPCS_HEADER_BYTES ? 1 : 0));
    CHECK((seen.empty() || seen[0].payload.size() < seen[0].frame.payload_length));
  }
}

TEST_CASE("Frame: D07 bad lengths, types and flags are refused by the header alone") {
  struct Row {
    std::string what;
    uint32_t length;
    uint8_t type;
    uint8_t flags;
    rpcs_frame_status status;
  };
  for (const Row& row : std::vector<Row>{
           {"length 0", 0, RPCS_CALL, 0, RPCS_FRAME_TOO_SHORT},
           {"length 11", 11, RPCS_CALL, 0, RPCS_FRAME_TOO_SHORT},
           {"payload one over the limit", 12 + 101, RPCS_CALL, 0, RPCS_FRAME_TOO_LONG},
           {"length 0x08000000", 0x08000000, RPCS_CALL, 0, RPCS_FRAME_TOO_LONG},
           {"length 0xffffffff", 0xffffffff, RPCS_CALL, 0, RPCS_FRAME_TOO_LONG},
           {"type 0", 12, 0, 0, RPCS_FRAME_BAD_TYPE},
           {"type 13", 12, 13, 0, RPCS_FRAME_BAD_TYPE},
           {"REPLAYED on RESULT beside MORE", 12, RPCS_RESULT, 0x03, RPCS_FRAME_BAD_FLAGS}}) {
    CAPTURE(row.what);
    std::string bytes = encode(row.type, row.flags, 0, 1, "");
    for (int i = 0; i < 4; ++i) {
      bytes[static_cast<size_t>(i)] = static_cast<char>(row.length >> (24 - 8 * i));
    }
    std::vector<Seen> seen;
    rpcs_frame_status status = RPCS_FRAME_OK;

    CHECK_FALSE(decode({bytes}, 100, seen, &status));

    CHECK(status == row.status);
    CHECK(std::string(rpcs_frame_status_text(status)) != "ok");
    CHECK(seen.empty());
  }
}

TEST_CASE("Frame: every type has its own flags, and no other") {
  for (int type = RPCS_HELLO; type <= RPCS_UNSUBSCRIBE; ++type) {
    for (int flags = 0; flags < 0x100; ++flags) {
      CAPTURE(type);
      CAPTURE(flags);
      const int allowed = type == RPCS_RESULT  ? RPCS_FLAG_MORE
                          : type == RPCS_EVENT ? RPCS_FLAG_REPLAYED | RPCS_FLAG_GAP | RPCS_FLAG_LAST
                                               : 0;
      std::vector<Seen> seen;
      rpcs_frame_status status = RPCS_FRAME_OK;

      const bool is_sound =
          decode({encode(static_cast<uint8_t>(type), static_cast<uint8_t>(flags), 0, 1, "")}, 100,
                 seen, &status);

      CHECK(is_sound == ((flags & ~allowed) == 0));
      CHECK(status == (is_sound ? RPCS_FRAME_OK : RPCS_FRAME_BAD_FLAGS));
    }
  }
}

TEST_CASE("EventHead: epoch and seq come back from the golden bytes and from their own") {
  std::vector<Seen> seen;
  rpcs_frame_status status = RPCS_FRAME_OK;
  REQUIRE(decode({golden("event_last")}, RPCS_PAYLOAD_MAX, seen, &status));
  REQUIRE(seen[0].payload.size() > RPCS_EVENT_HEAD_BYTES);
  rpcs_event_head head{};

  rpcs_decode_event_head(reinterpret_cast<const uint8_t*>(seen[0].payload.data()), &head);
  CHECK(head.epoch == 7);
  CHECK(head.seq == 0x0001020304050608);

  for (const rpcs_event_head& given :
       std::vector<rpcs_event_head>{{0, 0}, {0xffffffff, 0xffffffffffffffff}, {0x01020304, 1}}) {
    const std::string bytes = event_payload(given, "");
    rpcs_decode_event_head(reinterpret_cast<const uint8_t*>(bytes.data()), &head);
    CHECK(head.epoch == given.epoch);
    CHECK(head.seq == given.seq);
  }
}

TEST_CASE("Frame: a payload of exactly the limit passes") {
  std::vector<Seen> seen;
  rpcs_frame_status status = RPCS_FRAME_OK;

  CHECK(decode({encode(RPCS_CALL, 0, 0, 1, std::string(100, 'x'))}, 100, seen, &status));
  CHECK(seen[0].payload.size() == 100);
}

TEST_CASE("Frame: a decoder given nothing asks for more and stays as it was") {
  rpcs_decoder decoder;
  rpcs_decoder_init(&decoder, 100);
  const uint8_t* bytes = nullptr;
  size_t length = 0;
  const uint8_t* part = nullptr;
  size_t part_length = 0;
  rpcs_frame_status status = RPCS_FRAME_OK;

  CHECK(rpcs_decoder_next(&decoder, &bytes, &length, &part, &part_length, &status) ==
        RPCS_EVENT_NEED_MORE);

  CHECK(decoder.header_have == 0);
  CHECK(bytes == nullptr);
}

TEST_CASE("Frame: an error is final") {
  const std::string bad = encode(0, 0, 0, 1, "");
  rpcs_decoder decoder;
  rpcs_decoder_init(&decoder, 100);
  const auto* bytes = reinterpret_cast<const uint8_t*>(bad.data());
  size_t length = bad.size();
  const uint8_t* part = nullptr;
  size_t part_length = 0;
  rpcs_frame_status status = RPCS_FRAME_OK;
  REQUIRE(rpcs_decoder_next(&decoder, &bytes, &length, &part, &part_length, &status) ==
          RPCS_EVENT_BAD);
  const std::string good = golden("ping");
  bytes = reinterpret_cast<const uint8_t*>(good.data());
  length = good.size();

  CHECK(rpcs_decoder_next(&decoder, &bytes, &length, &part, &part_length, &status) ==
        RPCS_EVENT_BAD);

  CHECK(status == RPCS_FRAME_BAD_TYPE);
  CHECK(length == good.size());
}

}  // namespace sidecar::testing

#include "calls_wire.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "proto/frame.h"

namespace sidecar::testing {
namespace {

constexpr uint64_t kSalt = 0xabcdef;
constexpr std::string_view kAccount = "\"0x000000000000000000abcdef0000000000000007\"";  // of id 7

std::string response(std::string_view id, std::string_view result) {
  return "{\"jsonrpc\":\"2.0\",\"id\":" + std::string(id) + ",\"result\":" + std::string(result) +
         "}";
}

std::string frame(rpcs_frame_type type, uint64_t id, std::string_view payload) {
  const rpcs_frame header = {.payload_length = static_cast<uint32_t>(payload.size()),
                             .type = static_cast<uint8_t>(type),
                             .flags = 0,
                             .chain = 0,
                             .id = id};
  uint8_t bytes[RPCS_HEADER_BYTES];
  rpcs_encode_header(&header, bytes);
  return std::string(bytes, bytes + sizeof(bytes)) + std::string(payload);
}

std::string http(std::string_view body, std::string_view status = "200 OK") {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nServer: x\r\nCONTENT-length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::string ws(std::string_view text) {
  return "\x81" + std::string(1, static_cast<char>(text.size())) + std::string(text);
}

constexpr std::string_view kUpgraded = "HTTP/1.1 101 Switching Protocols\r\n\r\n";

// The dialect's bytes of an answer to call 7, after a greeting where there is one.
std::string bytes_of(Dialect dialect, std::string_view id, std::string_view result) {
  switch (dialect) {
    case Dialect::kFramed:
      return frame(RPCS_RESULT, std::stoull(std::string(id)), result);
    case Dialect::kJsonIpc:
      return response(id, result) + "\n";
    case Dialect::kHttp:
      return http(response(id, result));
    case Dialect::kWs:
      return ws(response(id, result));
  }
  return {};
}

Wire greeted(Dialect dialect) {
  Wire wire(dialect, "/", kSalt);
  std::string greeting;
  if (wire.greet(greeting)) {
    const std::string welcome =
        dialect == Dialect::kWs ? std::string(kUpgraded) : frame(RPCS_WELCOME, 0, "{}");
    std::string_view in = welcome;
    uint64_t id = 0;
    REQUIRE(wire.cut(in, &id) == Wire::Cut::kGreeted);
    REQUIRE(in.empty());
  }
  return wire;
}

Wire::Cut cut_once(Wire& wire, std::string_view bytes) {
  uint64_t id = 0;
  return wire.cut(bytes, &id);
}

constexpr Dialect kAll[] = {Dialect::kFramed, Dialect::kJsonIpc, Dialect::kHttp, Dialect::kWs};

TEST_CASE("Wire: in every dialect an answer is taken when it is whole, and only then") {
  for (const Dialect dialect : kAll) {
    CAPTURE(static_cast<int>(dialect));
    const std::string both = bytes_of(dialect, "7", kAccount) + bytes_of(dialect, "7", kAccount);
    const size_t whole = both.size() / 2;

    for (size_t length = 0; length <= both.size(); ++length) {
      Wire wire = greeted(dialect);
      std::string_view in = std::string_view(both).substr(0, length);
      for (size_t left = length; left >= whole; left -= whole) {
        uint64_t id = 0;
        CHECK(wire.cut(in, &id) == Wire::Cut::kAnswer);
        CHECK(id == 7);
        CHECK(in.size() == left - whole);
      }
      uint64_t id = 0;
      CHECK(wire.cut(in, &id) == Wire::Cut::kNeedMore);
    }
  }
}

TEST_CASE("Wire: an answer to another call's account is refused in every dialect") {
  for (const Dialect dialect : kAll) {
    CAPTURE(static_cast<int>(dialect));
    Wire wire = greeted(dialect);

    CHECK(cut_once(wire, bytes_of(dialect, "8", kAccount)) == Wire::Cut::kBad);
    CHECK(wire.fault().find("a result that is not") == 0);
    CHECK(cut_once(wire, bytes_of(dialect, "7", kAccount)) == Wire::Cut::kBad);
  }
}

TEST_CASE("Wire: errors, null, a longer result and foreign frames are refused") {
  const std::string account(kAccount);
  const std::string error = R"({"jsonrpc":"2.0","id":7,"error":{"code":-32000,"message":"no"}})";
  struct Row {
    Dialect dialect;
    std::string bytes;
  };
  const Row rows[] = {
      {Dialect::kFramed, frame(RPCS_ERROR, 7, R"({"code":1})")},
      {Dialect::kFramed, frame(RPCS_WELCOME, 0, "{}")},
      {Dialect::kFramed, frame(RPCS_RESULT, 7, "null")},
      {Dialect::kFramed, frame(RPCS_RESULT, 7, account + "0")},
      {Dialect::kFramed, "POST / HTTP/1.1\r\n\r\n"},
      {Dialect::kJsonIpc, error + "\n"},
      {Dialect::kJsonIpc, "\n"},
      {Dialect::kJsonIpc, response("\"7\"", kAccount) + "\n"},
      {Dialect::kJsonIpc, response("null", kAccount) + "\n"},
      {Dialect::kHttp, http(error)},
      {Dialect::kHttp, http(response("7", kAccount), "503 Service Unavailable")},
      {Dialect::kHttp, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {Dialect::kWs, ws(error)},
      {Dialect::kWs, std::string("\x88\x02\x03\xe8", 4)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    Wire wire = greeted(row.dialect);

    CHECK(cut_once(wire, row.bytes) == Wire::Cut::kBad);
  }
}

TEST_CASE("Wire: a WebSocket that is not upgraded is refused") {
  Wire wire(Dialect::kWs, "/", kSalt);

  CHECK(cut_once(wire, http("")) == Wire::Cut::kBad);
}

TEST_CASE("Wire: every dialect asks for the same account") {
  for (const Dialect dialect : kAll) {
    CAPTURE(static_cast<int>(dialect));
    std::string call;

    greeted(dialect).call(7, call);

    if (dialect == Dialect::kWs) {
      // Two bytes of header, then the key: all masked requests here are under 126 bytes.
      REQUIRE(static_cast<uint8_t>(call[1]) == (0x80 | (call.size() - 6)));
      for (size_t i = 6; i < call.size(); ++i) {
        call[i] = static_cast<char>(call[i] ^ call[2 + (i - 6) % 4]);
      }
    }
    CHECK(call.find("\"method\":\"eth_getBalance\",\"params\":[" + std::string(kAccount) +
                    ",\"latest\"]") != std::string::npos);
  }
}

}  // namespace
}  // namespace sidecar::testing

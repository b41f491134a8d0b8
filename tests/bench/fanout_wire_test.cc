#include "fanout_wire.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "fanout_heads.h"
#include "proto/frame.h"

namespace sidecar::testing {
namespace {

using Cut = FanoutWire::Cut;

std::string frame(rpcs_frame_type type, uint8_t flags, std::string_view payload) {
  const rpcs_frame header = {.payload_length = static_cast<uint32_t>(payload.size()),
                             .type = static_cast<uint8_t>(type),
                             .flags = flags,
                             .chain = 0,
                             .id = 1};
  uint8_t bytes[RPCS_HEADER_BYTES];
  rpcs_encode_header(&header, bytes);
  return std::string(bytes, bytes + sizeof(bytes)) + std::string(payload);
}

std::string event(uint32_t epoch, uint64_t seq, std::string_view value, uint8_t flags = 0) {
  const rpcs_event_head head = {epoch, seq};
  uint8_t bytes[RPCS_EVENT_HEAD_BYTES];
  rpcs_encode_event_head(&head, bytes);
  return frame(RPCS_EVENT, flags, std::string(bytes, bytes + sizeof(bytes)) + std::string(value));
}

std::string ws(std::string_view text) {
  std::string out = "\x81";
  if (text.size() < 126) {
    out += static_cast<char>(text.size());
  } else {
    out += {'\x7e', static_cast<char>(text.size() >> 8), static_cast<char>(text.size())};
  }
  return out.append(text);
}

std::string notification(std::string_view id, std::string_view value) {
  return ws(R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":")" +
            std::string(id) + R"(","result":)" + std::string(value) + "}}");
}

constexpr std::string_view kValue = R"({"number":"0x1"})";

std::string answer_of(Dialect dialect) {
  return dialect == Dialect::kFramed ? frame(RPCS_RESULT, 0, R"({"epoch":7,"seq":4})")
                                     : ws(R"({"jsonrpc":"2.0","id":1,"result":"0xab"})");
}

std::string event_of(Dialect dialect, uint64_t seq) {
  return dialect == Dialect::kFramed ? event(7, seq, kValue) : notification("0xab", kValue);
}

Cut cut_once(FanoutWire& wire, std::string_view bytes) {
  std::string_view header;
  return wire.cut(bytes, &header);
}

TEST_CASE("FanoutWire: an event is taken when it is whole, and only then") {
  for (const Dialect dialect : {Dialect::kFramed, Dialect::kWs}) {
    CAPTURE(static_cast<int>(dialect));
    const std::string one = event_of(dialect, 5);
    const std::string both = one + event_of(dialect, 6);

    for (size_t length = 0; length <= both.size(); ++length) {
      FanoutWire wire(dialect);
      REQUIRE(cut_once(wire, answer_of(dialect)) == Cut::kSubscribed);
      std::string_view in = std::string_view(both).substr(0, length);
      std::string_view header;
      for (size_t left = length; left >= one.size(); left -= one.size()) {
        CHECK(wire.cut(in, &header) == Cut::kEvent);
        CHECK(header == kValue);
      }
      CHECK(wire.cut(in, &header) == Cut::kNeedMore);
    }
  }
}

TEST_CASE(
    "FanoutWire: a framed event that is twice, missing, late or of another epoch is refused") {
  const std::string wrong[] = {event(7, 4, kValue),
                               event(7, 6, kValue),
                               event(8, 5, kValue),
                               event(7, 5, kValue, RPCS_FLAG_REPLAYED),
                               event(7, 5, kValue, RPCS_FLAG_GAP),
                               frame(RPCS_ERROR, 0, "{}"),
                               answer_of(Dialect::kFramed)};
  for (const std::string& bytes : wrong) {
    FanoutWire wire(Dialect::kFramed);
    REQUIRE(cut_once(wire, answer_of(Dialect::kFramed)) == Cut::kSubscribed);

    CHECK(cut_once(wire, bytes) == Cut::kBad);
    CHECK(cut_once(wire, event(7, 5, kValue)) == Cut::kBad);
  }
}

TEST_CASE("FanoutWire: notifications of another subscription and errors are refused") {
  FanoutWire wire(Dialect::kWs);
  REQUIRE(cut_once(wire, answer_of(Dialect::kWs)) == Cut::kSubscribed);
  FanoutWire refused(Dialect::kWs);

  CHECK(cut_once(wire, notification("0xac", kValue)) == Cut::kBad);
  CHECK(cut_once(refused, ws(R"({"jsonrpc":"2.0","id":1,"error":{"code":1}})")) == Cut::kBad);
}

TEST_CASE("FanoutHeads: every header is its predecessor's child and 1.6 KB long") {
  const auto member = [](std::string_view header, std::string_view name) {
    const size_t at = header.find(std::string(name) + "\":\"") + name.size() + 3;
    return std::string(header.substr(at, 66));
  };
  FanoutHeads heads;

  for (int i = 0; i < 100; ++i) {
    const std::string before(heads.header(heads.newest()));
    const std::string_view next = heads.make_next();

    CHECK(member(next, "\"parentHash") == member(before, "\"hash"));
    CHECK(member(next, "\"hash") != member(before, "\"hash"));
    CHECK(next.size() > 1'500);
    CHECK(next.size() < 1'800);
  }
}

}  // namespace
}  // namespace sidecar::testing

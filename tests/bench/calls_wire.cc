#include "calls_wire.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "proto/frame.h"

namespace sidecar::testing {
namespace {

constexpr size_t kAccountDigits = 40;
constexpr size_t kHttpHeaderMax = 16 << 10;
constexpr uint32_t kAnswerBytesMax = 1 << 20;
// Any key will do on a local socket; a zero one would mask nothing.
constexpr std::array<char, 4> kMask = {0x37, 0x5a, 0x21, 0x3d};

void append_hex(uint64_t value, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) {
    out += kDigits[(value >> shift) & 0xf];
  }
}

void append_frame(rpcs_frame_type type, uint64_t id, std::string_view payload, std::string& out) {
  const rpcs_frame frame = {.payload_length = static_cast<uint32_t>(payload.size()),
                            .type = static_cast<uint8_t>(type),
                            .flags = 0,
                            .chain = 0,
                            .id = id};
  std::array<uint8_t, RPCS_HEADER_BYTES> header;
  rpcs_encode_header(&frame, header.data());
  out.append(reinterpret_cast<const char*>(header.data()), header.size());
  out += payload;
}

std::optional<uint64_t> to_number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) {
    return std::nullopt;
  }
  return value;
}

// What follows `"key":` in a flat object, up to its end.
std::string_view member(std::string_view text, std::string_view key) {
  const size_t at = text.find(key);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + key.size());
}

// Of an HTTP header block; names are compared without regard to case.
std::optional<uint64_t> content_length(std::string_view header) {
  constexpr std::string_view kName = "\r\ncontent-length:";
  const auto found = std::search(header.begin(), header.end(), kName.begin(), kName.end(),
                                 [](char a, char b) { return (a | 0x20) == (b | 0x20); });
  if (found == header.end()) {
    return std::nullopt;
  }
  std::string_view value(found + kName.size(), header.end());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return to_number(value);
}

}  // namespace

Wire::Wire(Dialect dialect, std::string path, uint64_t salt)
    : dialect_(dialect), path_(std::move(path)), salt_(salt) {}

bool Wire::greet(std::string& out) const {
  switch (dialect_) {
    case Dialect::kFramed:
      append_frame(RPCS_HELLO, 0, R"({"version":1,"client":"calls_bench/1.0"})", out);
      return true;
    case Dialect::kWs:
      out += "GET " + path_ +
             " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
      return true;
    case Dialect::kJsonIpc:
    case Dialect::kHttp:
      return false;
  }
  return false;
}

void Wire::call(uint64_t id, std::string& out) const {
  std::string text;
  if (dialect_ == Dialect::kFramed) {
    text = R"({"method":"eth_getBalance","params":["0x)";
    append_account(id, text);
    text += R"(","latest"]})";
    append_frame(RPCS_CALL, id, text, out);
    return;
  }
  append_request(id, text);
  if (dialect_ == Dialect::kHttp) {
    out += "POST " + path_ +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(text.size()) + "\r\n\r\n";
  } else if (dialect_ == Dialect::kWs) {
    // A length of 126 says that the true one follows in 16 bits.
    out += static_cast<char>(0x81);
    if (text.size() < 126) {
      out += static_cast<char>(0x80 | text.size());
    } else {
      out += {static_cast<char>(0x80 | 126), static_cast<char>(text.size() >> 8),
              static_cast<char>(text.size())};
    }
    out.append(kMask.data(), kMask.size());
    for (size_t i = 0; i < text.size(); ++i) {
      text[i] = static_cast<char>(text[i] ^ kMask[i % kMask.size()]);
    }
  }
  out += text;
}

void Wire::append_account(uint64_t id, std::string& out) const {
  out += "00000000";
  append_hex(salt_, out);
  append_hex(id, out);
}

void Wire::append_request(uint64_t id, std::string& out) const {
  out += R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
         R"(,"method":"eth_getBalance","params":["0x)";
  append_account(id, out);
  out += R"(","latest"]})";
}

Wire::Cut Wire::cut(std::string_view& in, uint64_t* id) {
  if (!fault_.empty()) {
    return Cut::kBad;
  }
  switch (dialect_) {
    case Dialect::kFramed:
      return cut_framed(in, id);
    case Dialect::kJsonIpc:
      return cut_line(in, id);
    case Dialect::kHttp:
      return cut_http(in, id);
    case Dialect::kWs:
      return cut_ws(in, id);
  }
  return Cut::kBad;
}

Wire::Cut Wire::cut_framed(std::string_view& in, uint64_t* id) {
  if (in.size() < RPCS_HEADER_BYTES) {
    return Cut::kNeedMore;
  }
  rpcs_frame frame;
  const rpcs_frame_status status =
      rpcs_decode_header(reinterpret_cast<const uint8_t*>(in.data()), kAnswerBytesMax, &frame);
  if (status != RPCS_FRAME_OK) {
    return bad(rpcs_frame_status_text(status), in);
  }
  const size_t whole = size_t{RPCS_HEADER_BYTES} + frame.payload_length;
  if (in.size() < whole) {
    return Cut::kNeedMore;
  }
  const std::string_view payload = in.substr(RPCS_HEADER_BYTES, frame.payload_length);
  in.remove_prefix(whole);
  if (frame.type == RPCS_WELCOME && !is_greeted_) {
    is_greeted_ = true;
    return Cut::kGreeted;
  }
  if (frame.type != RPCS_RESULT || frame.flags != 0) {
    return bad("no whole RESULT", payload);
  }
  *id = frame.id;
  return check_result(payload, frame.id);
}

Wire::Cut Wire::cut_line(std::string_view& in, uint64_t* id) {
  const size_t end = in.find('\n');
  if (end == std::string_view::npos) {
    return in.size() < kAnswerBytesMax ? Cut::kNeedMore : bad("no line", in);
  }
  const std::string_view line = in.substr(0, end);
  in.remove_prefix(end + 1);
  return check_response(line, id);
}

Wire::Cut Wire::cut_http(std::string_view& in, uint64_t* id) {
  const size_t end = in.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    return in.size() < kHttpHeaderMax ? Cut::kNeedMore : bad("no HTTP header", in);
  }
  if (!in.starts_with("HTTP/1.1 200 ")) {
    return bad("no HTTP 200", in);
  }
  const std::optional<uint64_t> length = content_length(in.substr(0, end + 2));
  if (!length || *length > kAnswerBytesMax) {
    return bad("no fit Content-Length", in);
  }
  const size_t whole = end + 4 + *length;
  if (in.size() < whole) {
    return Cut::kNeedMore;
  }
  const std::string_view body = in.substr(end + 4, *length);
  in.remove_prefix(whole);
  return check_response(body, id);
}

Wire::Cut Wire::cut_ws(std::string_view& in, uint64_t* id) {
  if (!is_greeted_) {
    const size_t end = in.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      return in.size() < kHttpHeaderMax ? Cut::kNeedMore : bad("no HTTP header", in);
    }
    if (!in.starts_with("HTTP/1.1 101 ")) {
      return bad("no HTTP 101", in);
    }
    in.remove_prefix(end + 4);
    is_greeted_ = true;
    return Cut::kGreeted;
  }
  if (in.size() < 4) {
    return Cut::kNeedMore;
  }
  const auto byte = [&in](size_t at) { return static_cast<size_t>(static_cast<uint8_t>(in[at])); };
  if (byte(0) != 0x81 || byte(1) > 126) {
    return bad("no whole, small and unmasked WebSocket text", in);
  }
  const bool is_long = byte(1) == 126;
  const size_t header = is_long ? 4 : 2;
  const size_t whole = header + (is_long ? byte(2) << 8 | byte(3) : byte(1));
  if (in.size() < whole) {
    return Cut::kNeedMore;
  }
  const std::string_view text = in.substr(header, whole - header);
  in.remove_prefix(whole);
  return check_response(text, id);
}

Wire::Cut Wire::check_response(std::string_view text, uint64_t* id) {
  const std::optional<uint64_t> number = to_number(member(text, R"("id":)"));
  if (!number) {
    return bad("an answer without a number as id", text);
  }
  *id = *number;
  return check_result(member(text, R"("result":)"), *number);
}

// `result` may be followed by the end of its object.
Wire::Cut Wire::check_result(std::string_view result, uint64_t id) {
  std::string expected = "\"0x";
  append_account(id, expected);
  expected += '"';
  const std::string_view rest = result.substr(std::min(expected.size(), result.size()));
  const bool is_end = rest.empty() || rest.front() == '}' || rest.front() == ',';
  if (!result.starts_with(expected) || !is_end) {
    return bad("a result that is not " + expected, result);
  }
  return Cut::kAnswer;
}

Wire::Cut Wire::bad(std::string_view what, std::string_view bytes) {
  fault_ = std::string(what) + ": " + std::string(bytes.substr(0, 300));
  return Cut::kBad;
}

}  // namespace sidecar::testing

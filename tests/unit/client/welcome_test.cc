#include <cstdio>
#include <string>
#include <vector>

#include <doctest/doctest.h>

extern "C" {
#include "client/json_text.h"
#include "client/welcome.h"
}

namespace sidecar::testing {

namespace {
struct Welcome {
  explicit Welcome(const std::string& text) {
    /* A copy with nothing behind it, so that a read past the end is seen. */
    const std::vector<char> exact(text.begin(), text.end());
    status = rpcs_welcome_read(&read, exact.data(), exact.size());
  }
  Welcome(const Welcome&) = delete;
  Welcome& operator=(const Welcome&) = delete;
  ~Welcome() { rpcs_welcome_free(&read); }

  rpcs_welcome read{};
  rpcs_status status;
};

const char* const kWhole =
    " {\"server\":\"a \\\"b\\\\\",\"chains\":[ {\"x\":[{},[1,{\"y\":null}]],\"number\":65535,"
    "\"name\":\"sol\"},{\"name\":\"eth\",\"number\" : 1}],\"later\":{\"a\":[true,-1.5e3]},\n"
    "\"limits\":{\"frame_bytes_max\":100,\"other\":\"x\",\"calls_in_flight_max\":7},\"version\":1}";
}  // namespace

TEST_CASE("rpcs_welcome: chains and limits are read, members of later versions passed over") {
  const Welcome welcome(kWhole);
  uint16_t number = 9;

  REQUIRE(welcome.status == RPCS_OK);
  CHECK(welcome.read.frame_bytes_max == 100);
  CHECK(welcome.read.calls_in_flight_max == 7);
  CHECK(rpcs_welcome_find(&welcome.read, "sol", &number) == 1);
  CHECK(number == 65535);
  CHECK(rpcs_welcome_find(&welcome.read, "eth", &number) == 1);
  CHECK(number == 1);
  CHECK(rpcs_welcome_find(&welcome.read, nullptr, &number) == 1);
  CHECK(number == 0);
  CHECK(rpcs_welcome_find(&welcome.read, "et", &number) == 0);
}

TEST_CASE("rpcs_welcome: cut anywhere it is refused, and nothing is kept") {
  const std::string whole(kWhole);
  for (size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    const Welcome welcome(whole.substr(0, length));
    CHECK(welcome.status == RPCS_E_PROTOCOL);
    CHECK(welcome.read.chains == nullptr);
  }
}

TEST_CASE("rpcs_welcome: what is of another shape or version is refused") {
  for (const char* text : {
           R"({"version":2})",
           R"({})",
           R"([])",
           R"({"version":"1"})",
           R"({"version":1.5})",
           R"({"version":1,"chains":{}})",
           R"({"version":1,"chains":[1]})",
           R"({"version":1,"chains":[{"name":"a"}]})",
           R"({"version":1,"chains":[{"number":1}]})",
           R"({"version":1,"chains":[{"name":"a","number":0}]})",
           R"({"version":1,"chains":[{"name":"a","number":65536}]})",
           R"({"version":1,"chains":[{"name":"a","number":-1}]})",
           R"({"version":1,"chains":[{"name":"a","number":1} {"name":"b","number":2}]})",
           R"({"version":1,"limits":{"frame_bytes_max":99999999999999999999}})",
           R"({"version":1 "x":2})",
           R"({"version":1,"x":})",
       }) {
    CAPTURE(text);
    CHECK(Welcome(text).status == RPCS_E_PROTOCOL);
  }
}

TEST_CASE("rpcs_welcome: a nesting that would eat the stack is refused") {
  const std::string deep = R"({"version":1,"x":)" + std::string(100000, '[');

  CHECK(Welcome(deep).status == RPCS_E_PROTOCOL);
  CHECK(
      Welcome(R"({"version":1,"x":)" + std::string(31, '[') + std::string(31, ']') + "}").status ==
      RPCS_OK);
}

TEST_CASE("rpcs_append_json_string: all that JSON wants escaped is, the rest is left alone") {
  std::string all;
  for (int c = 1; c < 256; ++c) {
    all += static_cast<char>(c);
  }
  rpcs_bytes bytes{};

  REQUIRE(rpcs_append_json_string(&bytes, all.c_str()) == 1);

  std::string expected = "\"";
  for (int c = 1; c < 256; ++c) {
    char escape[8];
    std::snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned>(c));
    if (c == '"' || c == '\\') {
      expected += '\\';
    }
    expected += c < 0x20 ? std::string(escape) : std::string(1, static_cast<char>(c));
  }
  CHECK(std::string(bytes.at, bytes.length) == expected + "\"");
  rpcs_bytes_free(&bytes);
}

}  // namespace sidecar::testing

#include "config/url.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sidecar::testing {
namespace {

TEST_CASE("Url: is cut into its parts") {
  const auto url = split_url("https://user:p@ss@[::1]:8545/v2/key?a=b");

  REQUIRE(url);
  CHECK(url->scheme == "https");
  CHECK(url->userinfo == "user:p@ss");
  CHECK(url->host == "[::1]");
  CHECK(url->port == "8545");
  CHECK(url->rest == "/v2/key?a=b");
}

TEST_CASE("Url: an @ or a colon after the authority belongs to the path") {
  const auto url = split_url("ws://host?x=http://a:b@c");

  REQUIRE(url);
  CHECK(url->userinfo.empty());
  CHECK(url->host == "host");
  CHECK(url->port.empty());
  CHECK(url->rest == "?x=http://a:b@c");
}

TEST_CASE("Url: needs a scheme") {
  CHECK_FALSE(split_url(""));
  CHECK_FALSE(split_url("localhost:8545"));
  CHECK_FALSE(split_url("://host"));
}

struct FaultCase {
  std::string_view url;
  std::string_view fault;
};

TEST_CASE("Url: faults are told without repeating the address") {
  const std::vector<FaultCase> cases = {
      {"http://localhost", ""},
      {"http://localhost:1/", ""},
      {"http://eth-mainnet.g.alchemy.com/v2/k", ""},
      {"http://node_1.internal:65535", ""},
      {"http://127.0.0.1:8545", ""},
      {"http://[2001:db8::1]:8545", ""},
      {"http://", "has no host; write a name or an address after ://"},
      {"http://:80", "has no host; write a name or an address after ://"},
      {"http:///path", "has no host; write a name or an address after ://"},
      {"http://user@/", "has no host; write a name or an address after ://"},
      {"http://a b/", "has a host that is neither a name nor an address"},
      {"http://[::1", "has a host that is neither a name nor an address"},
      {"http://[]", "has a host that is neither a name nor an address"},
      {"http://[::g]", "has a host that is neither a name nor an address"},
      {"http://h:", "has a port that is not a number from 1 to 65535"},
      {"http://h:0", "has a port that is not a number from 1 to 65535"},
      {"http://h:65536", "has a port that is not a number from 1 to 65535"},
      {"http://h:8a", "has a port that is not a number from 1 to 65535"},
      {"http://h:1:2", "has a port that is not a number from 1 to 65535"},
      {"http://h/#k",
       "has a fragment, which is never sent; write %23 for a `#` that belongs to a key"},
  };

  for (const FaultCase& row : cases) {
    CAPTURE(row.url);
    const auto url = split_url(row.url);
    REQUIRE(url);
    CHECK(url_fault(*url) == row.fault);
  }
}

struct ShownCase {
  std::string_view url;
  std::optional<size_t> substituted_at;
  std::string_view shown;
};

TEST_CASE("Url: shows scheme, host and port, and nothing that can hold a key") {
  const std::vector<ShownCase> cases = {
      {"http://127.0.0.1:8545", std::nullopt, "http://127.0.0.1:8545"},
      {"http://127.0.0.1:8545/", std::nullopt, "http://127.0.0.1:8545/"},
      {"wss://[::1]:1/x", std::nullopt, "wss://[::1]:1/***"},
      {"https://host/v2/key", std::nullopt, "https://host/***"},
      {"https://host?key=1", std::nullopt, "https://host/***"},
      {"https://key@host", std::nullopt, "https://host/***"},
      {"https://u:key@host:1/", std::nullopt, "https://host:1/***"},
      {"https://host/key", 13, "https://host/***"},
      {"https://host/key", 12, "***"},  // the variable may have begun with more of the host
      {"https://key.host/", 8, "***"},
      {"https://key.host/", 0, "***"},
      {"no url", std::nullopt, "***"},
      {"https://a key/", std::nullopt, "***"},
      {"https://host:key", std::nullopt, "***"},
  };

  for (const ShownCase& row : cases) {
    CAPTURE(row.url);
    CHECK(shown_url(row.url, row.substituted_at) == row.shown);
  }
}

struct AddressCase {
  std::string_view text;
  bool is_address;
  bool is_loopback;
};

TEST_CASE("TcpAddress: is numeric, and knows loopback in every notation") {
  const std::vector<AddressCase> cases = {
      {"127.0.0.1:8645", true, true},
      {"127.255.0.1:0", true, true},
      {"[::1]:8645", true, true},
      {"[::ffff:127.0.0.1]:1", true, true},
      {"0.0.0.0:8645", true, false},
      {"[::]:8645", true, false},
      {"10.0.0.1:65535", true, false},
      {"[::ffff:10.0.0.1]:1", true, false},
      {"", false, false},
      {"8645", false, false},
      {":8645", false, false},
      {"127.0.0.1", false, false},
      {"127.0.0.1:", false, false},
      {"127.0.0.1:65536", false, false},
      {"127.1:80", false, false},
      {"localhost:8645", false, false},
      {"::1:8645", false, false},
      {"[::1]", false, false},
      {"[::1]x:80", false, false},
      {"[127.0.0.1]:80", false, false},
  };

  for (const AddressCase& row : cases) {
    CAPTURE(row.text);
    const auto address = parse_tcp_address(row.text);
    CHECK(address.has_value() == row.is_address);
    CHECK((address && address->is_loopback) == row.is_loopback);
  }
}

}  // namespace
}  // namespace sidecar::testing

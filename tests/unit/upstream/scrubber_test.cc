#include "upstream/scrubber.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace sidecar::testing {

namespace {

ProviderOptions options_with(const std::string& http) {
  ProviderOptions options;
  options.http = Secret(http);
  return options;
}

}  // namespace

TEST_CASE("Scrubber: what is secret in a URL is starred wherever it is told") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"https://h.io/v2/k3ysecret01", "k3ysecret01"},
      {"https://h.io/ethereum/averylongkeywithoutdigits", "averylongkeywithoutdigits"},
      {"https://h.io/?apikey=qwertz", "qwertz"},
      {"https://h.io?apikey=qwertz", "qwertz"},
      {"https://h.io/rpc?a=1&token=hunter22", "hunter22"},
      {"https://h.io/rpc?bareword", "bareword"},
      {"https://someuser:passw0rd@h.io/", "passw0rd"},
      {"https://someuser:passw0rd@h.io/", "someuser"},
      {"https://onlyakey@h.io/", "onlyakey"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    const auto& [url, secret] = row;
    Scrubber scrubber(options_with(url));

    CHECK(scrubber.scrub("{\"message\":\"no " + secret + ", and " + secret + "!\"}") ==
          "{\"message\":\"no ***, and ***!\"}");
  }
}

TEST_CASE("Scrubber: values of headers are starred, a bearer's key also alone") {
  ProviderOptions options;
  options.headers.emplace_back("Authorization", Secret("Bearer t0psecret"));
  Scrubber scrubber(options);

  CHECK(scrubber.scrub("got Bearer t0psecret") == "got ***");
  CHECK(scrubber.scrub("got t0psecret") == "got ***");
}

TEST_CASE("Scrubber: ordinary words stay, and a text without secrets is not copied") {
  Scrubber scrubber(options_with("https://eth.h.io/v2/ethereum/mainnet?x=1"));
  const std::string text = "v2 of ethereum mainnet at eth.h.io, x=1";

  CHECK(scrubber.scrub(text).data() == text.data());
  CHECK(scrubber.scrub(text) == text);
  CHECK(Scrubber().scrub(text) == text);
}

TEST_CASE("Scrubber: the whole of a secret goes before a part of it") {
  ProviderOptions options = options_with("https://h.io/?a=abcdef&b=abcdefghij");
  Scrubber scrubber(options);

  CHECK(scrubber.scrub("abcdefghij abcdef") == "*** ***");
}

}  // namespace sidecar::testing

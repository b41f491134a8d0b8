#include "app/status_page.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {

namespace {

size_t count(const std::string& text, const std::string& what) {
  size_t found = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++found;
  }
  return found;
}

}  // namespace

TEST_CASE("StatusPage: style and script are inside, and the policy knows them by the nonce") {
  const StatusPage page = status_page("n0nce");

  CHECK(page.html.starts_with("<!DOCTYPE html>"));
  CHECK(page.html.ends_with("</html>\n"));
  CHECK(count(page.html, "nonce=\"n0nce\"") == 2);
  CHECK(count(page.html, "<script") == 1);
  CHECK(count(page.html, "<style") == 1);
  for (const char* place : {"{nonce}", "{style}", "{script}"}) {
    CHECK(count(page.html, place) == 0);
  }
  CHECK(count(page.headers, "script-src 'nonce-n0nce'") == 1);
  CHECK(count(page.headers, "default-src 'none'") == 1);
  CHECK(count(page.headers, "unsafe") == 0);
}

TEST_CASE("StatusPage: nothing in it is fetched from elsewhere or made into markup") {
  const StatusPage page = status_page("n");

  // The icon's namespace is a name, not an address that is asked.
  CHECK(count(page.html, "http://") == count(page.html, "http://www.w3.org/2000/svg"));
  for (const char* word : {"https://", "innerHTML", "outerHTML", "insertAdjacentHTML", "eval(",
                           "document.write", "@import", " src=", " style="}) {
    CAPTURE(std::string(word));
    CHECK(count(page.html, word) == 0);
  }
}

TEST_CASE("StatusPage: a nonce has 128 bits and is another one each time") {
  const std::string one = new_nonce();

  CHECK(one.size() == 32);
  CHECK(one.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(one != new_nonce());
}

}  // namespace sidecar::testing

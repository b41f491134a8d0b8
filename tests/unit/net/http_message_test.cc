#include "net/http_message.h"

#include <doctest/doctest.h>

#include <array>

namespace sidecar::testing {

TEST_CASE("HttpMessage: finds a word in a comma list, whatever its case and spacing") {
  CHECK(has_word("keep-alive, Upgrade", "upgrade"));
  CHECK(has_word("UPGRADE", "upgrade"));
  CHECK(has_word(" a ,\tclose\t,b", "close"));
  CHECK(has_word(",,close", "close"));
  CHECK_FALSE(has_word("", "close"));
  CHECK_FALSE(has_word(" , ", "close"));
  CHECK_FALSE(has_word("closed, not-close, clos", "close"));
}

TEST_CASE("HttpMessage: a length is digits and nothing else") {
  CHECK(read_length("0") == 0);
  CHECK(read_length("0042") == 42);
  CHECK(read_length("18446744073709551615") == UINT64_MAX);
  for (const char* bad :
       {"", "-1", "+1", " 1", "1 ", "0x1", "1,1", "1.0", "18446744073709551616"}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(read_length(bad).has_value());
  }
}

TEST_CASE("HttpMessage: an answer's head has no banner and only the headers it needs") {
  std::string plain;
  append_reply_head(plain, 200, "application/json", HttpConnectionHeader::kSilent, "");
  std::string full;
  append_reply_head(full, 426, "text/plain", HttpConnectionHeader::kClose, "A: b\r\n");
  std::string bare;
  append_reply_head(bare, 299, "", HttpConnectionHeader::kKeepAlive, "");

  CHECK(plain == "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n");
  CHECK(full ==
        "HTTP/1.1 426 Upgrade Required\r\nContent-Type: text/plain\r\nA: b\r\n"
        "Connection: close\r\n");
  CHECK(bare == "HTTP/1.1 299 -\r\nConnection: keep-alive\r\n");
}

TEST_CASE("HttpMessage: a chunk says its size in hexadecimal") {
  std::string out;

  append_chunk(out, "x");
  append_chunk(out, std::string(4096, 'y'));

  CHECK(out == "1\r\nx\r\n1000\r\n" + std::string(4096, 'y') + "\r\n");
}

}  // namespace sidecar::testing

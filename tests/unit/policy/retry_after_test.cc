#include "policy/retry_after.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace sidecar::testing {

namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Millis kNineties{784'111'777'000};  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr Millis kToday{1'795'262'400'000};   // Sat, 21 Nov 2026 12:00:00 GMT
constexpr Millis kYear = hours(24 * 365);

}  // namespace

TEST_CASE("RetryAfter: seconds are seconds, white space around them is nothing") {
  CHECK(parse_retry_after("120", kToday) == seconds(120));
  CHECK(parse_retry_after("0", kToday) == Millis(0));
  CHECK(parse_retry_after(" \t7 ", kToday) == seconds(7));
  CHECK(parse_retry_after("007", kToday) == seconds(7));
  CHECK(parse_retry_after("0.5", kToday) == Millis(500));
}

TEST_CASE("RetryAfter: more seconds than fit are a year") {
  for (const std::string_view value :
       {"31536001", "99999999999", "9223372036854775808",
        "999999999999999999999999999999999999999999999999999999999999999"}) {
    CAPTURE(value);
    CHECK(parse_retry_after(value, kToday) == kYear);
  }
}

TEST_CASE("RetryAfter: all three forms of an HTTP date say the same") {
  const Millis minute_before = kNineties - seconds(60);
  for (const std::string_view date :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994"}) {
    CAPTURE(date);
    CHECK(parse_retry_after(date, minute_before) == seconds(60));
  }
  CHECK(parse_retry_after("Sat Nov 21 12:00:30 2026", kToday) == seconds(30));
  CHECK(parse_retry_after("Sat, 21 Nov 2026 12:00:30 GMT", kToday) == seconds(30));
  CHECK(parse_retry_after("Saturday, 21-Nov-26 12:00:30 GMT", kToday) == seconds(30));
}

TEST_CASE("RetryAfter: a leap second and the last of February are days like others") {
  CHECK(parse_retry_after("Tue, 29 Feb 2028 00:00:00 GMT", Millis(1'835'395'200'000)) == Millis(0));
  CHECK(parse_retry_after("Tue, 29 Feb 2028 00:00:60 GMT", Millis(1'835'395'200'000)) ==
        seconds(60));
  CHECK_FALSE(parse_retry_after("Mon, 29 Feb 2027 00:00:00 GMT", kToday));
}

TEST_CASE("RetryAfter: a date in the past is now") {
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kToday) == Millis(0));
  CHECK(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", kToday) == Millis(0));
  CHECK(parse_retry_after("Sat, 21 Nov 2026 12:00:00 GMT", kToday) == Millis(0));
}

TEST_CASE("RetryAfter: a date too far away is a year") {
  CHECK(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", kToday) == kYear);
}

TEST_CASE("RetryAfter: two digits mean the year at most fifty years ahead") {
  CHECK(parse_retry_after("Monday, 06-Nov-76 08:49:37 GMT", kToday) == kYear);
  CHECK(parse_retry_after("Monday, 06-Nov-77 08:49:37 GMT", kToday) == Millis(0));
}

TEST_CASE("RetryAfter: what is neither is none") {
  for (const std::string_view value : {"",
                                       " ",
                                       "-5",
                                       "+5",
                                       "5s",
                                       "5 6",
                                       "1e3",
                                       "0x10",
                                       ".5",
                                       "5.",
                                       "soon",
                                       "NaN",
                                       "Sun, 06 Nov 1994 08:49:37",
                                       "Sun, 06 Nov 1994 08:49:37 UTC",
                                       "Sun, 06 Nov 1994 08:49:37 GMT+1",
                                       "Sun, 6 Nov 1994 08:49:37 GMT",
                                       "Sun, 06 Foo 1994 08:49:37 GMT",
                                       "Sun, 00 Nov 1994 08:49:37 GMT",
                                       "Sun, 31 Nov 1994 08:49:37 GMT",
                                       "Sun, 06 Nov 1994 24:00:00 GMT",
                                       "Sun, 06 Nov 1994 08:60:00 GMT",
                                       "Sun, 06 Nov 1994 08:49:61 GMT",
                                       "Sun, 06 Nov 94 08:49:37 GMT",
                                       "Sunday, 06-Nov-1994 08:49:37 GMT",
                                       "Sun Nov 6 08:49:37 1994",
                                       "Sun Nov  6 08:49:37 94",
                                       "1994-11-06T08:49:37Z",
                                       "Sun, 06 Nov 1994 -8:49:37 GMT"}) {
    CAPTURE(value);
    CHECK_FALSE(parse_retry_after(value, kToday));
  }
}

TEST_CASE("RetryAfter: every beginning of a date is none") {
  for (const std::string_view date :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994"}) {
    for (size_t length = 0; length < date.size(); ++length) {
      CAPTURE(date.substr(0, length));
      CHECK_FALSE(parse_retry_after(date.substr(0, length), kToday));
    }
  }
}

TEST_CASE("RetryAfter: bodies say it in words") {
  struct Row {
    std::string_view message;
    Millis hint;
  };
  const Row rows[] = {
      {R"("Too many requests, reason: call rate limit exhausted, retry in 10s")", seconds(10)},
      {R"("Rate limited. Try again in 5s")", seconds(5)},
      {R"("please retry after 1.5 seconds")", Millis(1'500)},
      {R"("RETRY AFTER 2 Seconds.")", seconds(2)},
      {R"("retry in 5.")", seconds(5)},
      {R"("try again after 3 minutes")", seconds(180)},
      {R"("try again in 1 hour")", seconds(3'600)},
      {R"("retry in 250ms")", Millis(250)},
      {R"("retry in 250 milliseconds")", Millis(250)},
      {R"("retry-after: 7")", seconds(7)},
      {R"("retry in 0.002s")", Millis(2)},
      {R"("retry in 99999999999999999999 hours")", kYear},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    CHECK(retry_hint_in(row.message, "") == row.hint);
  }
}

TEST_CASE("RetryAfter: bodies say it in data, and that comes first") {
  struct Row {
    std::string_view data;
    Millis hint;
  };
  const Row rows[] = {
      {R"({"rate":{"allowed_rps":50,"backoff_seconds":30,"current_rps":52.3},"see":"x"})",
       seconds(30)},
      {R"({"current_rps":13.333,"allowed_rps":10.0,"backoff_seconds":30.0})", seconds(30)},
      {R"({"try_again_in":"150ms"})", Millis(150)},
      {R"({"retry_after": 2})", seconds(2)},
      {R"({"retry_after_ms" : 250})", Millis(250)},
      {R"({"retryAfterMs":250})", Millis(250)},
      {R"({"retry_after_seconds":4})", seconds(4)},
      {R"("{\"retryAfter\":\"9s\"}")", seconds(9)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.data);
    CHECK(retry_hint_in(R"("retry in 55s")", row.data) == row.hint);
  }
}

TEST_CASE("RetryAfter: bodies without a time give none") {
  for (const std::string_view text :
       {"", "\"\"", R"("rate limit exceeded")", R"("try again in a few seconds")",
        R"("retry after 5 requests")", R"("retry after 2026-11-21")", R"("retry after 12:30")",
        R"("retry in -5s")", R"({"rate":{"backoff_seconds":0}})", R"({"backoff_seconds":null})",
        R"({"retry_after)", "\"retry in "}) {
    CAPTURE(text);
    CHECK_FALSE(retry_hint_in(text, ""));
    CHECK_FALSE(retry_hint_in("", text));
  }
}

TEST_CASE("RetryAfter: only the first KiB of a body is looked at") {
  const std::string far = std::string(1'100, 'x') + "retry in 5s";

  CHECK_FALSE(retry_hint_in(far, far));
}

}  // namespace sidecar::testing

#include "app/watch_request.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace sidecar::testing {

namespace {

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("WatchRequest: a short name and its words become a method and its params") {
  struct Row {
    Words words;
    std::string method;
    std::string params;
  };
  for (const Row& row : std::vector<Row>{
           {{"newHeads"}, "eth_subscribe", R"(["newHeads"])"},
           {{"logs"}, "eth_subscribe", R"(["logs",{}])"},
           {{"logs", R"({"address":"0x1"})"}, "eth_subscribe", R"(["logs",{"address":"0x1"}])"},
           {{"newPendingTransactions", "true"},
            "eth_subscribe",
            R"(["newPendingTransactions",true])"},
           {{"slot"}, "slotSubscribe", ""},
           {{"block"}, "blockSubscribe", R"(["all"])"},
           {{"account", "Vote1"}, "accountSubscribe", R"(["Vote1",{"encoding":"base64"}])"},
           {{"account", "Vote1", R"({"encoding":"jsonParsed"})"},
            "accountSubscribe",
            R"(["Vote1",{"encoding":"jsonParsed"}])"},
           {{"signature", "5h6x"}, "signatureSubscribe", R"(["5h6x"])"},
           {{"eth_subscribe", R"(["newHeads"])"}, "eth_subscribe", R"(["newHeads"])"},
           {{"logsSubscribe", R"(["all"])"}, "logsSubscribe", R"(["all"])"},
           {{"slotSubscribe"}, "slotSubscribe", ""}}) {
    CAPTURE(row.words[0]);
    const auto request = watch_request(row.words);

    REQUIRE(request.ok());
    CHECK(request.value().method == row.method);
    CHECK(request.value().params == row.params);
  }
}

TEST_CASE("WatchRequest: wrong words are refused with a sentence that names them") {
  struct Row {
    Words words;
    std::string named;
  };
  for (const Row& row : std::vector<Row>{{{"newHead"}, "did you mean newHeads?"},
                                         {{"eth_blockNumber"}, "unknown kind eth_blockNumber"},
                                         {{"newHeads", "x"}, "unexpected argument x"},
                                         {{"logs", "{address}"}, "no JSON: {address}"},
                                         {{"account"}, "expected account"},
                                         {{"account", "a", "{}", "{}"}, "unexpected argument {}"},
                                         {{"eth_subscribe", "{}"}, "no JSON array"},
                                         {{"eth_subscribe", "newHeads"}, "no JSON array"},
                                         {{"eth_subscribe", "[]", "x"}, "unexpected argument x"}}) {
    CAPTURE(row.named);
    const auto request = watch_request(row.words);

    REQUIRE_FALSE(request.ok());
    CHECK(request.error().code == Errc::kInvalid);
    CHECK(request.error().detail.find(row.named) != std::string::npos);
  }
}

TEST_CASE("WatchRequest: an event is one line whatever white space its provider likes") {
  CHECK(watch_line("{\n  \"a\": [1, 2],\n \"b\": \"x y\"}") == "{\"a\":[1,2],\"b\":\"x y\"}\n");
  CHECK(gap_line(R"({"reason": "reorg"})") == "{\"gap\":{\"reason\":\"reorg\"}}\n");
}

}  // namespace sidecar::testing

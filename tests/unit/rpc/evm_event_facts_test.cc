#include "rpc/evm_event_facts.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {

TEST_CASE("EvmEventFacts: a header is its number, its hash and its parent's") {
  const std::string text =
      R"({ "parentHash" : "0xAA", "extra":{"number":"0x9"}, "number":"0x1b4","hash":"0xBb" })";

  const auto view = header_view(text);

  REQUIRE(view);
  CHECK(view->number == 436);
  CHECK(view->hash == "0xBb");
  CHECK(view->parent_hash == "0xAA");
  CHECK(view->hash.data() >= text.data());
}

TEST_CASE("EvmEventFacts: without one of the three there is no header") {
  for (const char* text :
       {"", "null", "[]", "{}", "\"0x1\"", R"({"number":null,"hash":null,"parentHash":"0xaa"})",
        R"({"number":"0x1","hash":"0xbb"})", R"({"number":"0x1","parentHash":"0xaa"})",
        R"({"hash":"0xbb","parentHash":"0xaa"})",
        R"({"number":"0x","hash":"0xbb","parentHash":"0xaa"})",
        R"({"number":"0x10000000000000000","hash":"0xbb","parentHash":"0xaa"})",
        R"({"number":"0x1","hash":7,"parentHash":"0xaa"})",
        R"({"number":"0x1","hash":"0x\u0062","parentHash":"0xaa"})",
        R"({"number":"0x1","hash":"","parentHash":"0xaa"})",
        R"({"number":"0x1","hash":"0xbb","parentHash":"0xaa)"}) {
    CAPTURE(text);
    CHECK_FALSE(header_view(text));
  }
}

TEST_CASE("EvmEventFacts: a block is told as newHeads would tell it, all else byte for byte") {
  CHECK(header_of_block(
            R"({"number":"0x1","transactions":[{"a":"}"}],"uncles":[],"mixHash":"0xMm",)"
            R"("withdrawals":[{}],"size":"0x220","totalDifficulty":"0x0","l1":{ "x" : 1.50 }})") ==
        R"({"number":"0x1","mixHash":"0xMm","l1":{ "x" : 1.50 }})");
  CHECK(header_of_block(R"({"size":"0x1"})") == "{}");
  CHECK(header_of_block(R"({"sizes":1,"transactionsRoot":"0x2","withdrawalsRoot":"0x3"})") ==
        R"({"sizes":1,"transactionsRoot":"0x2","withdrawalsRoot":"0x3"})");
  CHECK(header_of_block("null") == "{}");
}

TEST_CASE("EvmEventFacts: a log is its block, its place there and whether it was taken back") {
  const auto live = log_view(
      R"({"address":"0x1","logIndex":"0xa","blockNumber":"0x10","blockHash":"0xAb","data":"0x"})");
  REQUIRE(live);
  CHECK(live->block_number == 16);
  CHECK(live->block_hash == "0xAb");
  CHECK(live->index == 10);
  CHECK_FALSE(live->is_removed);

  const char* ending = R"("blockNumber":"0x10","blockHash":"0xAb","logIndex":"0x0"})";
  CHECK(log_view(std::string(R"({"removed":true,)") + ending)->is_removed);
  CHECK_FALSE(log_view(std::string(R"({"removed":false,)") + ending)->is_removed);
  CHECK_FALSE(log_view(std::string(R"({"removed":"true",)") + ending)->is_removed);
}

TEST_CASE("EvmEventFacts: a pending log has no place, and so is none") {
  for (const char* text :
       {"", "7", "{}", R"({"blockNumber":null,"blockHash":null,"logIndex":null})",
        R"({"blockNumber":"0x1","blockHash":"0xab"})", R"({"blockNumber":"0x1","logIndex":"0x0"})",
        R"({"blockHash":"0xab","logIndex":"0x0"})",
        R"({"blockNumber":"0x1","blockHash":null,"logIndex":"0x0"})"}) {
    CAPTURE(text);
    CHECK_FALSE(log_view(text));
  }
}

TEST_CASE("EvmEventFacts: a log that is taken back says so, whatever it said before") {
  CHECK(removed_log(R"({"a":1,"removed":false,"b":[ 2 ]})") ==
        R"({"a":1,"b":[ 2 ],"removed":true})");
  CHECK(removed_log(R"({"removed":true,"a":1})") == R"({"a":1,"removed":true})");
  CHECK(removed_log(R"({"a":1})") == R"({"a":1,"removed":true})");
  CHECK(removed_log("{}") == R"({"removed":true})");
}

TEST_CASE("EvmEventFacts: a pending transaction is its hash, bare or in the whole") {
  CHECK(pending_hash(R"("0xaB")") == "0xaB");
  CHECK(pending_hash(R"({"from":"0x1","hash":"0xaB","input":"0x"})") == "0xaB");
  CHECK(pending_hash(R"({"from":"0x1"})").empty());
  CHECK(pending_hash(R"({"hash":7})").empty());
  CHECK(pending_hash("null").empty());
  CHECK(pending_hash(R"("")").empty());
  CHECK(pending_hash("").empty());
}

}  // namespace sidecar::testing

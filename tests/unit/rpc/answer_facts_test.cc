#include "rpc/answer_facts.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "rpc/envelope.h"

namespace sidecar::testing {
namespace {

#define HASH "0x3921e591c8800c9e4a5e6353ab8335e921b9258af9e32cd1df662091b4a39db9"
#define PARENT "0x2ab22d6f0eb4f7ab44baa5e5b230ac6c094b8cf148a07f33c39569c96359bad6"

std::optional<HeadFact> fact_of(const char* method, std::string_view params,
                                std::string_view result) {
  const MethodRow& row = method_row(method);
  return head_fact(row, block_need(row, params, 0), result);
}

/// An answer of a real node, of those that the envelope's fuzz target starts from.
std::string captured(const std::string& name) {
  std::ostringstream body;
  body << std::ifstream(std::string(TEST_SOURCE_DIR) + "/fuzz/corpus/envelope/" + name).rdbuf();
  const std::string text = body.str();
  return std::string(parse_response(text).result);
}

}  // namespace

TEST_CASE("HeadFact: a node's newest block tells its head, any other that it has the block") {
  const std::string block = captured("anvil_block");
  const struct {
    std::string method;
    const char* params;
    bool is_tip;
  } rows[] = {{"eth_getBlockByNumber", R"(["latest",false])", true},
              {"eth_getBlockByNumber", R"(["0x1",true])", false},
              {"eth_getBlockByNumber", R"(["finalized",true])", false},
              {"eth_getBlockByHash", R"([")" HASH R"(",false])", false},
              {"eth_getHeaderByNumber", R"(["latest"])", true}};
  for (const auto& row : rows) {
    CAPTURE(std::string(row.method));
    const auto fact = fact_of(row.method.c_str(), row.params, block);
    REQUIRE(fact.has_value());
    CHECK(fact->number == 1);
    CHECK(fact->hash == HASH);
    CHECK(fact->parent_hash == PARENT);
    CHECK(fact->is_tip == row.is_tip);
  }
  const std::string full = captured("anvil_block_full");
  CHECK(fact_of("eth_getBlockByNumber", R"(["latest",true])", full)->number == 4);
}

TEST_CASE("HeadFact: a pending block is none") {
  const char* with_null = R"({"number":"0x2","hash":null,"parentHash":")" HASH R"("})";
  CHECK_FALSE(fact_of("eth_getBlockByNumber", R"(["pending",false])", with_null).has_value());
  CHECK_FALSE(fact_of("eth_getBlockByNumber", R"(["latest",false])", with_null).has_value());
  CHECK_FALSE(
      fact_of("eth_getBlockByNumber", R"(["pending",false])", captured("anvil_block")).has_value());
}

TEST_CASE("HeadFact: transactions and receipts tell the block they are in") {
  const std::string body = captured("anvil_receipt");
  const auto receipt = fact_of("eth_getTransactionReceipt", R"([")" HASH R"("])", body);
  REQUIRE(receipt.has_value());
  CHECK(receipt->number == 1);
  CHECK(receipt->hash == HASH);
  CHECK(receipt->parent_hash.empty());
  CHECK_FALSE(receipt->is_tip);

  const auto mined =
      fact_of("eth_getTransactionByHash", R"([")" HASH R"("])",
              R"({"blockHash":")" HASH R"(","blockNumber":"0x1b4","from":"0x5f","hash":"0xaa"})");
  REQUIRE(mined.has_value());
  CHECK(mined->number == 436);
  CHECK(mined->hash == HASH);
  CHECK_FALSE(fact_of("eth_getTransactionByHash", "[]",
                      R"({"blockHash":null,"blockNumber":null,"from":"0x5f"})")
                  .has_value());
}

TEST_CASE("HeadFact: numbers are heads for the methods that ask for the head") {
  const auto block = fact_of("eth_blockNumber", "[]", " \"0x1b4\"\n");
  REQUIRE(block.has_value());
  CHECK(block->number == 436);
  CHECK(block->is_tip);
  CHECK(block->hash.empty());

  const auto confirmed = fact_of("getSlot", R"([{"commitment":"confirmed"}])", "341197053");
  REQUIRE(confirmed.has_value());
  CHECK(confirmed->number == 341'197'053);
  CHECK(confirmed->is_tip);
  const auto finalized = fact_of("getSlot", "[]", "341197053");
  REQUIRE(finalized.has_value());
  CHECK_FALSE(finalized->is_tip);

  CHECK_FALSE(fact_of("eth_chainId", "[]", "\"0x1\"").has_value());
  CHECK_FALSE(fact_of("eth_gasPrice", "[]", "\"0x1\"").has_value());
  CHECK_FALSE(fact_of("getBlockHeight", "[]", "318000000").has_value());
}

TEST_CASE("HeadFact: Solana's context tells a slot") {
  const std::string account = captured("agave_account_info");
  const auto fact = fact_of("getAccountInfo", R"(["V",{"commitment":"processed"}])", account);
  REQUIRE(fact.has_value());
  CHECK(fact->number == 341'197'053);
  CHECK(fact->is_tip);

  const auto trailing = fact_of("getAccountInfo", R"(["V"])", account);
  REQUIRE(trailing.has_value());
  CHECK_FALSE(trailing->is_tip);
  CHECK_FALSE(fact_of("getAccountInfo", R"(["V"])", R"({"value":1,"context":{"slot":5}})"));
  CHECK_FALSE(fact_of("getAccountInfo", R"(["V"])", R"({"context":{"slot":-5},"value":1})"));
  CHECK_FALSE(fact_of("eth_call", R"([{}])", R"({"context":{"slot":5},"value":1})"));
}

TEST_CASE("HeadFact: what is not shaped as it should be tells nothing") {
  for (const char* result : {"", "null", "[]", "{}", "\"0x1\"", "{\"number\":\"0x1\"}",
                             "{\"hash\":\"" HASH "\"}", "{\"number\":\"x\",\"hash\":\"" HASH "\"}",
                             "{\"number\":\"0x1\",\"hash\":12}", "{\"number\":"}) {
    CAPTURE(std::string(result));
    CHECK_FALSE(fact_of("eth_getBlockByNumber", R"(["latest",false])", result).has_value());
    CHECK_FALSE(fact_of("eth_getTransactionReceipt", "[]", result).has_value());
  }
  for (const char* result : {"", "null", "\"\"", "\"0x\"", "1.5", "{}", "\"latest\""}) {
    CAPTURE(std::string(result));
    CHECK_FALSE(fact_of("eth_blockNumber", "[]", result).has_value());
  }
}

TEST_CASE("HeadFact: members after the first 64 KiB are not looked for") {
  const std::string place = R"("number":"0x1","hash":")" HASH R"(","parentHash":")" PARENT R"(")";
  const std::string padding = R"("transactions":[")" + std::string(kHeadBytesMax, 'x') + R"("])";
  const std::string first = "{" + place + "," + padding + "}";
  const std::string last = "{" + padding + "," + place + "}";

  CHECK(fact_of("eth_getBlockByNumber", R"(["0x1",true])", first).has_value());
  CHECK_FALSE(fact_of("eth_getBlockByNumber", R"(["0x1",true])", last).has_value());
}

TEST_CASE("is_null_result, is_empty_array: white space does not count") {
  for (const char* result : {"null", " null", "null\r\n"}) {
    CHECK(is_null_result(result));
  }
  for (const char* result : {"", "\"null\"", "nul", "nulls", "[null]"}) {
    CAPTURE(std::string(result));
    CHECK_FALSE(is_null_result(result));
  }
  for (const char* result : {"[]", " [ ] ", "[\n]\n"}) {
    CAPTURE(std::string(result));
    CHECK(is_empty_array(result));
  }
  for (const char* result : {"", "[", "]", "[[]]", "[1]", "{}", "\"[]\"", "[ ", "[x"}) {
    CAPTURE(std::string(result));
    CHECK_FALSE(is_empty_array(result));
  }
}

TEST_CASE("parse_quantity: hex in a string, or a bare decimal") {
  CHECK(parse_quantity("\"0x0\"") == 0);
  CHECK(parse_quantity("\"0x01B4\"") == 436);
  CHECK(parse_quantity("\"0xffffffffffffffff\"") == UINT64_MAX);
  CHECK(parse_quantity("436") == 436);
  CHECK(parse_quantity("18446744073709551615") == UINT64_MAX);
  for (const char* lexeme : {"", "\"", "\"0x\"", "\"0x", "\"0x1", "\"436\"", "\"0X1\"", "0x1", "-1",
                             "1e3", "1.0", "null", "\"0x10000000000000000\"",
                             "18446744073709551616", "\"0x-1\"", "\"0x 1\"", "\"0x1\\u0030\""}) {
    CAPTURE(std::string(lexeme));
    CHECK_FALSE(parse_quantity(lexeme).has_value());
  }
}

}  // namespace sidecar::testing

#include "mock/svm_methods.h"

#include <doctest/doctest.h>

#include <string>

#include "rpc/byte_text.h"
#include "rpc/json_value.h"

namespace sidecar::testing {

namespace {

constexpr Millis kGenesis{1'700'000'000'000};
constexpr Millis kSlotTime{400};
constexpr uint64_t kSol = 1'000'000'000;

/// A node whose newest block is in slot `head`.
struct Node {
  SvmMethods methods{SvmChainOptions{.seed = 31, .slot_time = kSlotTime, .genesis_unix = kGenesis}};
  Millis now = kGenesis + kSlotTime * 600'000;

  uint64_t slot(Commitment commitment) const { return methods.chain().slot(now, commitment); }
  void pass_slots(int64_t count) { now += kSlotTime * count; }
  std::string wallet(size_t index) const {
    return '"' + to_base58(methods.chain().wallets()[index]) + '"';
  }

  MethodReply call(std::string_view method, const std::string& params = "[]") {
    CAPTURE(method);
    CAPTURE(params);
    const auto parsed = JsonValue::parse(params);
    REQUIRE(parsed);
    auto reply = methods.call(method, *parsed, now);
    REQUIRE(reply);
    CHECK(JsonValue::parse(reply->json));
    return *reply;
  }
  JsonValue result(std::string_view method, const std::string& params = "[]") {
    const MethodReply reply = call(method, params);
    CAPTURE(method);
    CAPTURE(reply.json.substr(0, 1'000));
    REQUIRE(!reply.is_error);
    return *JsonValue::parse(reply.json);
  }
  JsonValue error(std::string_view method, const std::string& params = "[]") {
    const MethodReply reply = call(method, params);
    CAPTURE(method);
    CAPTURE(reply.json.substr(0, 1'000));
    REQUIRE(reply.is_error);
    return *JsonValue::parse(reply.json);
  }
  std::string transfer(size_t from, std::string_view to, uint64_t lamports, char signature) const {
    const uint64_t at = slot(Commitment::kFinalized);
    return '"' +
           to_base64(make_svm_transfer(std::string(64, signature), methods.chain().wallets()[from],
                                       to, lamports, methods.chain().blockhash(at))
                         .wire) +
           '"';
  }
};

constexpr const char* kBase64 = R"(,{"encoding":"base64"}])";

}  // namespace

TEST_CASE("SvmMethods: health, version, slots and heights by commitment") {
  Node node;

  CHECK(node.call("getHealth").json == R"("ok")");
  CHECK(node.result("getVersion")["solana-core"].as_string()->starts_with("3."));
  CHECK(from_base58(*node.result("getGenesisHash").as_string())->size() == 32);
  CHECK(from_base58(*node.result("getIdentity")["identity"].as_string())->size() == 32);
  CHECK(node.result("getSlot").as_uint64() == node.slot(Commitment::kFinalized));
  CHECK(node.result("getSlot", R"([{"commitment":"confirmed"}])").as_uint64() ==
        node.slot(Commitment::kConfirmed));
  CHECK(node.result("getSlot", R"([{"commitment":"processed"}])").as_uint64() ==
        node.slot(Commitment::kProcessed));
  CHECK(node.result("getMaxShredInsertSlot").as_uint64() == node.slot(Commitment::kProcessed));
  const uint64_t height = *node.result("getBlockHeight").as_uint64();
  CHECK(height < node.slot(Commitment::kFinalized));
  const JsonValue epoch = node.result("getEpochInfo");
  CHECK(*epoch["epoch"].as_uint64() * 432'000 + *epoch["slotIndex"].as_uint64() ==
        *epoch["absoluteSlot"].as_uint64());
  CHECK(epoch["blockHeight"].as_uint64() == height);
  CHECK(epoch["transactionCount"].as_uint64() == node.result("getTransactionCount").as_uint64());
  CHECK(node.result("getSlotLeaders", "[100,6]").size() == 6);
  CHECK(node.result("getRecentPerformanceSamples", "[3]").size() == 3);
  CHECK(node.result("getEpochSchedule")["slotsPerEpoch"].as_uint64() == 432'000);
}

TEST_CASE("SvmMethods: unknown methods and wrong parameters, as Agave says them") {
  Node node;
  struct Case {
    const char* method;
    const char* params;
    int code;
    const char* message;
  };
  constexpr Case kCases[] = {
      {"getBalance", "[]", -32602, "`params` should have at least 1 argument(s)"},
      {"getBalance", R"(["abc"])", -32602, "Invalid param: WrongSize"},
      {"getBalance", R"(["0OIl"])", -32602, "Invalid param: Invalid"},
      {"getBalance", "[7]", -32602, "Invalid params: expected a string"},
      {"getHealth", "[1]", -32602, "Invalid parameters: No parameters were expected"},
      {"getSlot", R"({"commitment":"confirmed"})", -32602, "`params` should be an array"},
      {"getSlot", R"([{"commitment":"recent"}])", -32602,
       "Invalid params: unknown variant `recent`, expected one of `processed`, `confirmed`, "
       "`finalized`"},
      {"getSlot", R"([{"minContextSlot":999999999}])", -32016,
       "Minimum context slot has not been reached"},
      {"getBlock", "[999999999]", -32004, "Block not available for slot 999999999"},
      {"getBlock", R"([5,{"commitment":"processed"}])", -32602,
       "Method does not support commitment below `confirmed`"},
      {"getSignaturesForAddress", R"(["11111111111111111111111111111111",{"limit":1001}])", -32602,
       "Invalid limit; max 1000"},
      {"sendTransaction", R"(["!"])", -32602, "invalid base58 encoding"},
      {"sendTransaction", R"(["AAA",{"encoding":"base64"}])", -32602, "invalid base64 encoding"},
      {"sendTransaction", R"(["AAAA",{"encoding":"base64"}])", -32602,
       "failed to deserialize the transaction: unexpected end"},
      {"getAccountInfo", R"(["11111111111111111111111111111111",{"encoding":"base64+zstd"}])",
       -32602, "Invalid params: the mock does not write the encoding `base64+zstd`"},
  };
  for (const Case& each : kCases) {
    const JsonValue error = node.error(each.method, each.params);
    CHECK(error["code"].as_int64() == each.code);
    CHECK(error["message"].as_string() == each.message);
  }
  CHECK(!node.methods.call("getNothing", JsonValue(), node.now));
  CHECK(!node.methods.call("zzz", JsonValue(), node.now));
}

TEST_CASE("SvmMethods: a blockhash is in a context and valid at first, then no more") {
  Node node;

  const JsonValue latest = node.result("getLatestBlockhash");
  const uint64_t slot = node.slot(Commitment::kFinalized);
  CHECK(latest["context"]["slot"].as_uint64() == slot);
  CHECK(latest["value"]["lastValidBlockHeight"].as_uint64() ==
        *node.result("getBlockHeight").as_uint64() + 150);
  const std::string params = "[\"" + std::string(*latest["value"]["blockhash"].as_string()) + "\"]";
  CHECK(node.result("isBlockhashValid", params)["value"].as_bool() == true);
  node.pass_slots(200);
  CHECK(node.result("isBlockhashValid", params)["value"].as_bool() == false);
}

TEST_CASE("SvmMethods: accounts in every encoding, sliced, and null for nothing") {
  Node node;
  const SvmTokenAccount& token = node.methods.accounts().token_accounts()[0];
  const std::string key = '"' + to_base58(token.key) + '"';

  const JsonValue raw = node.result("getAccountInfo", "[" + key + kBase64)["value"];
  CHECK(raw["data"].at(1).as_string() == "base64");
  CHECK(from_base64(*raw["data"].at(0).as_string())->size() == 165);
  CHECK(raw["rentEpoch"].number_text() == "18446744073709551615");
  CHECK(raw["space"].as_uint64() == 165);
  CHECK(raw["executable"].as_bool() == false);
  CHECK(raw["owner"].as_string() == "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
  CHECK(node.error("getAccountInfo", "[" + key + "]")["code"].as_int64() == -32600);
  const JsonValue slice =
      node.result("getAccountInfo",
                  "[" + key + R"(,{"encoding":"base58","dataSlice":{"offset":32,"length":32}}])");
  CHECK(from_base58(*slice["value"]["data"].at(0).as_string()) == token.owner);
  const JsonValue parsed =
      node.result("getAccountInfo", "[" + key + R"(,{"encoding":"jsonParsed"}])")["value"]["data"];
  CHECK(parsed["program"].as_string() == "spl-token");
  CHECK(parsed["parsed"]["info"]["owner"].as_string() == to_base58(token.owner));
  CHECK(parsed["parsed"]["info"]["tokenAmount"]["amount"].as_string() ==
        std::to_string(token.amount));
  CHECK(
      node.result("getAccountInfo", R"(["11111111111111111111111111111112"])")["value"].is_null());

  const JsonValue several = node.result(
      "getMultipleAccounts",
      "[[" + node.wallet(0) + ",\"11111111111111111111111111111112\"," + key + "]" + kBase64);
  REQUIRE(several["value"].size() == 3);
  CHECK(several["value"].at(0)["data"].at(0).as_string() == "");
  CHECK(several["value"].at(1).is_null());
  CHECK(several["value"].at(2)["lamports"].as_uint64() == 2'039'280);
  CHECK(several["value"].at(0)["lamports"].as_uint64() ==
        node.result("getBalance", "[" + node.wallet(0) + "]")["value"].as_uint64());
}

TEST_CASE("SvmMethods: program accounts and tokens are found by filters") {
  Node node;
  const SvmAccounts& accounts = node.methods.accounts();
  const SvmTokenAccount& token = accounts.token_accounts()[65];
  const std::string program = R"("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA")";
  const auto listed = [&](const std::string& filters) {
    return node.result("getProgramAccounts",
                       "[" + program + R"(,{"encoding":"base64","filters":)" + filters + "}]");
  };

  CHECK(listed("[]").size() == accounts.owned_by(token_program()).size());
  CHECK(listed(R"([{"dataSize":82}])").size() == SvmAccounts::kMints);
  const JsonValue of_owner = listed(R"([{"dataSize":165},{"memcmp":{"offset":32,"bytes":")" +
                                    to_base58(token.owner) + R"("}}])");
  CHECK(of_owner.size() == SvmAccounts::kMints);
  CHECK(node.error("getProgramAccounts", "[" + program + R"(,{"filters":[{"x":1}]}])")["code"]
            .as_int64() == -32602);
  CHECK(node.result("getProgramAccounts",
                    "[\"" + to_base58(accounts.program()) +
                        R"(",{"encoding":"base64","withContext":true}])")["value"]
            .size() == SvmAccounts::kProgramAccounts);

  const std::string owner = "[\"" + to_base58(token.owner) + "\",";
  CHECK(node.result("getTokenAccountsByOwner",
                    owner + R"({"programId":)" + program + "}" + kBase64)["value"]
            .size() == SvmAccounts::kMints);
  const JsonValue of_mint =
      node.result("getTokenAccountsByOwner",
                  owner + R"({"mint":")" + to_base58(token.mint) + "\"}" + kBase64)["value"];
  REQUIRE(of_mint.size() == 1);
  CHECK(of_mint.at(0)["pubkey"].as_string() == to_base58(token.key));
  const std::string key = "[\"" + to_base58(token.key) + "\"]";
  const JsonValue amount = node.result("getTokenAccountBalance", key)["value"];
  CHECK(amount["amount"].as_string() == std::to_string(token.amount));
  CHECK(*amount["uiAmount"].as_double() ==
        doctest::Approx(static_cast<double>(token.amount) / 1e9));
  CHECK(node.result("getTokenSupply", "[\"" + to_base58(token.mint) + "\"]")["value"]["decimals"]
            .as_uint64() == 9);
  CHECK(node.call("getMinimumBalanceForRentExemption", "[165]").json == "2039280");
}

TEST_CASE("SvmMethods: blocks with every kind of detail, and skipped slots") {
  Node node;
  const SvmChain& chain = node.methods.chain();
  uint64_t skipped = 1'000;
  while (!chain.is_skipped(skipped)) {
    ++skipped;
  }
  const uint64_t slot = chain.next_block_slot(skipped);
  const std::string number = std::to_string(slot);
  const auto block = [&](const std::string& config) {
    return node.result("getBlock", "[" + number + "," + config + "]");
  };

  CHECK(node.error("getBlock", "[" + std::to_string(skipped) + "]")["code"].as_int64() == -32007);
  const JsonValue full = block(R"({"maxSupportedTransactionVersion":0})");
  const size_t count = chain.transactions(slot).size();
  REQUIRE(full["transactions"].size() == count);
  CHECK(*full["parentSlot"].as_uint64() < skipped);
  CHECK(full["previousBlockhash"].as_string() ==
        to_base58(chain.blockhash(chain.parent_slot(slot))));
  CHECK(full["blockTime"].as_uint64() == chain.unix_seconds(slot));
  CHECK(full["transactions"].at(0)["version"].as_string() == "legacy");
  CHECK(full["rewards"].is_array());
  CHECK(!block(R"({"rewards":false})").has("rewards"));
  CHECK(!block("{}")["transactions"].at(0).has("version"));
  CHECK(block(R"({"transactionDetails":"signatures"})")["signatures"].size() == count);
  CHECK(!block(R"({"transactionDetails":"none"})").has("transactions"));
  CHECK(block(R"({"transactionDetails":"accounts"})")["transactions"]
            .at(0)["transaction"]["accountKeys"]
            .at(0)["signer"]
            .as_bool() == true);
  const JsonValue encoded = block(R"({"encoding":"base64"})")["transactions"].at(0);
  CHECK(from_base64(*encoded["transaction"].at(0).as_string()) == chain.transactions(slot)[0].wire);
  CHECK(block(R"({"encoding":"jsonParsed"})")["transactions"]
            .at(0)["transaction"]["message"]["instructions"]
            .at(0)["parsed"]["type"]
            .as_string() == "transfer");

  const JsonValue listed =
      node.result("getBlocks", "[" + std::to_string(skipped) + "," + number + "]");
  REQUIRE(listed.size() == 1);
  CHECK(listed.at(0).as_uint64() == slot);
  CHECK(node.result("getBlocksWithLimit", "[" + number + ",5]").size() == 5);
  CHECK(node.result("getBlockTime", "[" + number + "]").as_uint64() == chain.unix_seconds(slot));
  CHECK(node.error("getBlocks", "[0]")["code"].as_int64() == -32602);  // over 500,000 slots
}

TEST_CASE("SvmMethods: a transaction, its status and its place in the history") {
  Node node;
  const SvmChain& chain = node.methods.chain();
  const SvmTransaction recent = chain.transactions(node.slot(Commitment::kProcessed)).at(0);
  const SvmTransaction old = chain.transactions(chain.next_block_slot(1'000)).at(0);
  const std::string recent_text = '"' + to_base58(recent.signatures[0]) + '"';
  const std::string old_text = '"' + to_base58(old.signatures[0]) + '"';

  CHECK(node.call("getTransaction", "[" + recent_text + "]").json == "null");
  const JsonValue found = node.result("getTransaction", "[" + old_text + "]");
  CHECK(found["slot"].as_uint64() == old.slot);
  CHECK(found["meta"]["fee"].as_uint64() == 5'000);
  CHECK(found["meta"]["preBalances"].size() == 3);
  CHECK(found["transaction"]["message"]["header"]["numRequiredSignatures"].as_uint64() == 1);

  const std::string both = "[[" + recent_text + "," + old_text + "]";
  const JsonValue statuses = node.result("getSignatureStatuses", both + "]")["value"];
  REQUIRE(statuses.size() == 2);
  CHECK(statuses.at(0)["confirmationStatus"].as_string() == "processed");
  CHECK(statuses.at(0)["confirmations"].as_uint64() == 0);
  CHECK(statuses.at(1).is_null());
  const JsonValue wide =
      node.result("getSignatureStatuses", both + R"(,{"searchTransactionHistory":true}])")["value"];
  CHECK(wide.at(1)["confirmationStatus"].as_string() == "finalized");
  CHECK(wide.at(1)["confirmations"].is_null());

  const JsonValue history =
      node.result("getSignaturesForAddress", "[" + node.wallet(4) + R"(,{"limit":5}])");
  REQUIRE(history.size() == 5);
  const JsonValue next =
      node.result("getSignaturesForAddress",
                  "[" + node.wallet(4) + R"(,{"limit":5,"before":")" +
                      std::string(*history.at(4)["signature"].as_string()) + R"("}])");
  CHECK(*next.at(0)["slot"].as_uint64() <= *history.at(4)["slot"].as_uint64());
  CHECK(next.at(0)["signature"].as_string() != history.at(4)["signature"].as_string());
}

TEST_CASE("SvmMethods: what is sent goes from processed to finalized") {
  Node node;
  const std::string bob(32, 'b');
  const std::string text = node.transfer(2, bob, kSol, 's');
  const std::string signature = '"' + to_base58(std::string(64, 's')) + '"';
  const std::string status = "[[" + signature + "]]";
  const std::string confirmed = R"(,{"commitment":"confirmed"}])";
  const std::string balance = "[\"" + to_base58(bob) + "\"" + confirmed;

  CHECK(node.call("sendTransaction", "[" + text + kBase64).json == signature);
  CHECK(node.result("getSignatureStatuses", status)["value"].at(0).is_null());
  node.pass_slots(4);
  CHECK(node.result("getSignatureStatuses", status)["value"].at(0)["status"].has("Ok"));
  CHECK(node.result("getBalance", balance)["value"].as_uint64() == kSol);
  CHECK(node.result("getBalance", "[\"" + to_base58(bob) + "\"]")["value"].as_uint64() == 0);
  CHECK(node.result("getTransaction", "[" + signature + confirmed)["meta"]["postBalances"]
            .at(1)
            .as_uint64() == kSol);
  const JsonValue again = node.error("sendTransaction", "[" + text + kBase64);
  CHECK(again["code"].as_int64() == -32002);
  CHECK(again["data"]["err"].as_string() == "AlreadyProcessed");
  node.pass_slots(40);
  CHECK(node.result("getSignatureStatuses", status)["value"]
            .at(0)["confirmationStatus"]
            .as_string() == "finalized");
}

TEST_CASE("SvmMethods: preflight refuses what cannot run, with logs and data") {
  Node node;
  const std::string too_much = node.transfer(2, std::string(32, 'b'), 9'000 * kSol, 'm');

  const JsonValue refused = node.error("sendTransaction", "[" + too_much + kBase64);
  CHECK(refused["code"].as_int64() == -32002);
  CHECK(refused["message"].as_string() ==
        "Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1");
  CHECK(refused["data"]["err"]["InstructionError"].at(1)["Custom"].as_uint64() == 1);
  CHECK(refused["data"]["logs"].size() == 2);

  const JsonValue simulated = node.result("simulateTransaction", "[" + too_much + kBase64)["value"];
  CHECK(simulated["err"].is_object());
  const std::string fine = node.transfer(2, std::string(32, 'b'), kSol, 'f');
  const JsonValue watched =
      node.result("simulateTransaction",
                  "[" + fine + R"(,{"encoding":"base64","accounts":{"encoding":"base64",)" +
                      R"("addresses":[")" + to_base58(std::string(32, 'b')) + R"("]}}])");
  CHECK(watched["value"]["err"].is_null());
  CHECK(watched["value"]["accounts"].at(0)["lamports"].as_uint64() == kSol);

  CHECK(node.error("sendTransaction",
                   "[" + node.transfer(2, std::string(32, 'b'), 1, '\0') + kBase64)["code"]
            .as_int64() == -32003);
  node.pass_slots(300);
  CHECK(node.error("sendTransaction", "[" + fine + kBase64)["data"]["err"].as_string() ==
        "BlockhashNotFound");
  CHECK(
      !node.call("sendTransaction", "[" + fine + R"(,{"encoding":"base64","skipPreflight":true}])")
           .is_error);
}

TEST_CASE("SvmMethods: fees and airdrops") {
  Node node;
  const std::string alice = to_base58(std::string(32, 'a'));
  const std::string text = node.transfer(1, std::string(32, 'b'), 1, 'x');
  const std::string wire = *from_base64(std::string_view(text).substr(1, text.size() - 2));
  const std::string message = '"' + to_base64(wire.substr(65)) + '"';

  CHECK(node.result("getFeeForMessage", "[" + message + "]")["value"].as_uint64() == 5'000);
  CHECK(node.result("getRecentPrioritizationFees").size() == 150);
  CHECK(!node.call("requestAirdrop", "[\"" + alice + "\",1000000000]").is_error);
  CHECK(node.error("requestAirdrop", "[\"" + alice + "\",1000000000001]")["code"].as_int64() ==
        -32602);
  node.pass_slots(40);
  CHECK(node.result("getBalance", "[\"" + alice + "\"]")["value"].as_uint64() == kSol);
  node.pass_slots(200);
  CHECK(node.result("getFeeForMessage", "[" + message + "]")["value"].is_null());
}

}  // namespace sidecar::testing

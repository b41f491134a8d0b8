#include "mock/evm_methods.h"
#include "mock/svm_methods.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "rpc/byte_text.h"
#include "rpc/json_value.h"

// Every method of both families, with every pair out of a list of odd parameters.

namespace sidecar::testing {

namespace {

constexpr Millis kGenesis{1'700'000'000'000};

// Every method there is; a name that is missing here is not covered below.
const std::vector<std::string> kEvmNames{"eth_accounts",
                                         "eth_blobBaseFee",
                                         "eth_blockNumber",
                                         "eth_call",
                                         "eth_chainId",
                                         "eth_estimateGas",
                                         "eth_feeHistory",
                                         "eth_gasPrice",
                                         "eth_getBalance",
                                         "eth_getBlockByHash",
                                         "eth_getBlockByNumber",
                                         "eth_getBlockReceipts",
                                         "eth_getBlockTransactionCountByHash",
                                         "eth_getBlockTransactionCountByNumber",
                                         "eth_getCode",
                                         "eth_getFilterChanges",
                                         "eth_getFilterLogs",
                                         "eth_getLogs",
                                         "eth_getStorageAt",
                                         "eth_getTransactionByBlockHashAndIndex",
                                         "eth_getTransactionByBlockNumberAndIndex",
                                         "eth_getTransactionByHash",
                                         "eth_getTransactionCount",
                                         "eth_getTransactionReceipt",
                                         "eth_getUncleCountByBlockHash",
                                         "eth_getUncleCountByBlockNumber",
                                         "eth_maxPriorityFeePerGas",
                                         "eth_mining",
                                         "eth_newBlockFilter",
                                         "eth_newFilter",
                                         "eth_newPendingTransactionFilter",
                                         "eth_sendRawTransaction",
                                         "eth_subscribe",
                                         "eth_syncing",
                                         "eth_uninstallFilter",
                                         "eth_unsubscribe",
                                         "net_listening",
                                         "net_peerCount",
                                         "net_version",
                                         "web3_clientVersion",
                                         "web3_sha3"};

// Likewise. Those that list blocks
// are left out: most of their time goes into checking lists of 500,000 slots.
const std::vector<std::string> kSvmNames{"getAccountInfo",
                                         "getBalance",
                                         "getBlock",
                                         "getBlockHeight",
                                         "getBlockTime",
                                         "getEpochInfo",
                                         "getEpochSchedule",
                                         "getFeeForMessage",
                                         "getFirstAvailableBlock",
                                         "getGenesisHash",
                                         "getHealth",
                                         "getIdentity",
                                         "getLatestBlockhash",
                                         "getMaxRetransmitSlot",
                                         "getMaxShredInsertSlot",
                                         "getMinimumBalanceForRentExemption",
                                         "getMultipleAccounts",
                                         "getProgramAccounts",
                                         "getRecentPerformanceSamples",
                                         "getRecentPrioritizationFees",
                                         "getSignatureStatuses",
                                         "getSignaturesForAddress",
                                         "getSlot",
                                         "getSlotLeader",
                                         "getSlotLeaders",
                                         "getTokenAccountBalance",
                                         "getTokenAccountsByOwner",
                                         "getTokenSupply",
                                         "getTransaction",
                                         "getTransactionCount",
                                         "getVersion",
                                         "isBlockhashValid",
                                         "minimumLedgerSlot",
                                         "requestAirdrop",
                                         "sendTransaction",
                                         "simulateTransaction"};

std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

/// One list of parameters for each value and for each pair of values.
std::vector<std::string> lists_of(const std::vector<std::string>& values) {
  std::vector<std::string> lists;
  for (const std::string& first : values) {
    lists.push_back("[" + first + "]");
    for (const std::string& second : values) {
      lists.push_back("[" + first + "," + second + "]");
    }
  }
  return lists;
}

void check_form(const std::optional<MethodReply>& reply) {
  REQUIRE(reply);
  const auto parsed = JsonValue::parse(reply->json);
  REQUIRE(parsed);
  REQUIRE((!reply->is_error || (*parsed)["message"].as_string().has_value()));
}

}  // namespace

TEST_CASE("EvmMethods: whatever the parameters are, there is an answer in good form") {
  EvmMethods methods(
      {.seed = 11, .chain_id = 1, .block_time = Millis(12'000), .genesis_unix = kGenesis});
  const EvmChain& chain = methods.chain();
  constexpr uint64_t kHead = 20'000;
  const Millis now = kGenesis + Millis(12'000) * static_cast<int64_t>(kHead);
  const std::vector<std::string> lists =
      lists_of({"null",
                "{}",
                "[]",
                "7",
                "-1",
                "1.5",
                "true",
                R"("")",
                R"("0x")",
                R"("0x1")",
                R"("latest")",
                R"("pending")",
                R"("0xffffffffffffffff")",
                R"(["0x1",null])",
                R"({"fromBlock":"0x0","toBlock":"0xffffffffffffffff"})",
                R"({"blockHash":7})",
                R"({"to":")" + to_hex(chain.tokens()[0]) + R"(","data":"0xa9059cbb"})",
                quoted(std::string(3'000, 'z')),
                quoted(to_hex(chain.accounts()[1])),
                quoted(to_hex(chain.block_hash(kHead))),
                quoted(to_hex(chain.transaction_hash(kHead - 1, 0)))});
  for (const std::string& list : lists) {
    const JsonValue params = JsonValue::parse(list).value();
    for (const std::string& name : kEvmNames) {
      CAPTURE(name);
      CAPTURE(list);
      check_form(methods.call(name, params, now));
    }
  }
}

TEST_CASE("SvmMethods: whatever the parameters are, there is an answer in good form") {
  SvmMethods methods({.seed = 31, .slot_time = Millis(400), .genesis_unix = kGenesis});
  const SvmChain& chain = methods.chain();
  const Millis now = kGenesis + Millis(400) * 600'000;
  const uint64_t slot = chain.slot(now, Commitment::kFinalized);
  const std::string wallet = quoted(to_base58(chain.wallets()[1]));
  const std::vector<std::string> lists =
      lists_of({"null",
                "{}",
                "[]",
                "7",
                "-1",
                "1.5",
                "18446744073709551615",
                "true",
                R"("")",
                R"("0")",
                R"("json")",
                R"({"commitment":"confirmed","encoding":"jsonParsed","limit":3})",
                R"({"commitment":7,"encoding":[],"filters":{"a":1}})",
                R"({"mint":"x"})",
                R"({"encoding":"base58","dataSlice":{"offset":18446744073709551615,"length":9}})",
                quoted(std::string(3'000, 'z')),
                wallet,
                "[" + wallet + "]",
                quoted(to_base58(methods.accounts().token_accounts()[3].key)),
                quoted(to_base58(chain.transactions(slot).at(0).signatures[0])),
                quoted(to_base64(chain.transactions(slot).at(0).wire)),
                std::to_string(slot)});
  for (const std::string& list : lists) {
    const JsonValue params = JsonValue::parse(list).value();
    for (const std::string& name : kSvmNames) {
      CAPTURE(name);
      CAPTURE(list);
      check_form(methods.call(name, params, now));
    }
  }
}

}  // namespace sidecar::testing

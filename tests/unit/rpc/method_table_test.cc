#include "rpc/method_table.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {

TEST_CASE("MethodRow: classes follow what a second send would do") {
  const struct {
    const char* method;
    MethodClass method_class;
  } rows[] = {
      {"eth_call", MethodClass::kSafe},
      {"eth_getLogs", MethodClass::kSafe},
      {"eth_feeHistory", MethodClass::kSafe},
      {"debug_traceTransaction", MethodClass::kSafe},
      {"trace_block", MethodClass::kSafe},
      {"getAccountInfo", MethodClass::kSafe},
      {"simulateTransaction", MethodClass::kSafe},
      {"eth_sendRawTransaction", MethodClass::kTx},
      {"eth_sendRawTransactionSync", MethodClass::kTx},
      {"eth_sendTransaction", MethodClass::kUnsafe},
      {"eth_sign", MethodClass::kUnsafe},
      {"eth_newFilter", MethodClass::kUnsafe},
      {"eth_getFilterChanges", MethodClass::kUnsafe},
      {"eth_subscribe", MethodClass::kUnsafe},
      {"debug_setHead", MethodClass::kUnsafe},
      {"engine_getPayloadV3", MethodClass::kUnsafe},
      {"evm_snapshot", MethodClass::kUnsafe},
      {"anvil_setBalance", MethodClass::kUnsafe},
      {"sendTransaction", MethodClass::kUnsafe},
      {"requestAirdrop", MethodClass::kUnsafe},
  };
  for (const auto& row : rows) {
    CAPTURE(row.method);
    CHECK(method_row(row.method).method_class == row.method_class);
    CHECK(method_row(row.method).name == row.method);
  }
}

TEST_CASE("MethodRow: an unlisted method is a read only if its name follows the nodes' own rule") {
  const struct {
    const char* method;
    MethodClass method_class;
  } rows[] = {
      {"eth_getSomethingNew", MethodClass::kSafe},
      {"linea_getProof", MethodClass::kSafe},
      {"trace_newKind", MethodClass::kSafe},
      {"ots_newKind", MethodClass::kSafe},
      {"debug_traceNewKind", MethodClass::kSafe},
      {"getSomethingNew", MethodClass::kSafe},
      {"debug_setSomething", MethodClass::kUnsafe},
      {"eth_gettysburg", MethodClass::kUnsafe},
      {"eth_get", MethodClass::kUnsafe},
      {"eth_forgetAll", MethodClass::kUnsafe},
      {"engine_getPayloadV99", MethodClass::kUnsafe},
      {"eth_doSomething", MethodClass::kUnsafe},
      {"doSomething", MethodClass::kUnsafe},
      {"ETH_CALL", MethodClass::kUnsafe},
      {"eth_call ", MethodClass::kUnsafe},
      {"", MethodClass::kUnsafe},
  };
  for (const auto& row : rows) {
    CAPTURE(row.method);
    CHECK(method_row(row.method).method_class == row.method_class);
    CHECK(method_row(row.method).name.empty());
  }
}

TEST_CASE("MethodRow: flags mark filters, streams and true nulls") {
  for (const char* method : {"eth_newFilter", "eth_newBlockFilter", "eth_getFilterLogs",
                             "eth_newPendingTransactionFilter", "eth_uninstallFilter"}) {
    CAPTURE(method);
    CHECK(method_row(method).is_filter);
  }
  for (const char* method : {"eth_subscribe", "eth_unsubscribe", "accountSubscribe",
                             "slotUnsubscribe", "signatureSubscribe"}) {
    CAPTURE(method);
    CHECK(method_row(method).is_subscription);
    CHECK_FALSE(method_row(method).is_filter);
  }
  for (const char* method : {"eth_getTransactionReceipt", "eth_getBlockByNumber",
                             "eth_getTransactionByHash", "getTransaction", "getBlockTime",
                             "eth_getBlockReceipts", "eth_getHeaderByNumber", "getBlock"}) {
    CAPTURE(method);
    CHECK(method_row(method).may_be_null);
    CHECK_FALSE(method_row(method).is_subscription);
  }
  CHECK_FALSE(method_row("eth_getLogs").may_be_null);
  CHECK_FALSE(method_row("eth_blockNumber").may_be_null);
  CHECK_FALSE(method_row("getSignatureStatuses").may_be_null);
}

TEST_CASE("MethodRow: latency classes tell the slow from the quick") {
  const struct {
    const char* method;
    LatencyClass latency_class;
  } rows[] = {
      {"eth_call", LatencyClass::kLight},
      {"eth_getBlockByNumber", LatencyClass::kLight},
      {"getAccountInfo", LatencyClass::kLight},
      {"eth_getSomethingNew", LatencyClass::kLight},
      {"eth_getLogs", LatencyClass::kHeavy},
      {"eth_feeHistory", LatencyClass::kHeavy},
      {"eth_getBlockReceipts", LatencyClass::kHeavy},
      {"debug_traceTransaction", LatencyClass::kHeavy},
      {"debug_traceNewKind", LatencyClass::kHeavy},
      {"trace_block", LatencyClass::kHeavy},
      {"trace_newKind", LatencyClass::kHeavy},
      {"getProgramAccounts", LatencyClass::kHeavy},
      {"getBlock", LatencyClass::kHeavy},
      {"eth_sendRawTransaction", LatencyClass::kWrite},
      {"eth_newFilter", LatencyClass::kWrite},
      {"eth_subscribe", LatencyClass::kWrite},
      {"sendTransaction", LatencyClass::kWrite},
      {"doSomething", LatencyClass::kWrite},
  };
  for (const auto& row : rows) {
    CAPTURE(row.method);
    CHECK(method_row(row.method).latency_class == row.latency_class);
  }
}

TEST_CASE("MethodRow: heads, and where other answers tell a block") {
  CHECK(method_row("eth_blockNumber").is_head);
  CHECK(method_row("getSlot").is_head);
  CHECK_FALSE(method_row("getBlockHeight").is_head);
  CHECK_FALSE(method_row("eth_chainId").is_head);
  CHECK(method_row("eth_getBlockByHash").head_place == HeadPlace::kBlock);
  CHECK(method_row("eth_getTransactionReceipt").head_place == HeadPlace::kMined);
  CHECK(method_row("eth_getLogs").head_place == HeadPlace::kNone);
}

TEST_CASE("family_of: namespaces are Ethereum's, camel case is Solana's") {
  const struct {
    const char* method;
    MethodFamily family;
  } rows[] = {
      {"eth_call", MethodFamily::kEvm},       {"net_version", MethodFamily::kEvm},
      {"anvil_mine", MethodFamily::kEvm},     {"new_namespace", MethodFamily::kEvm},
      {"getSlot", MethodFamily::kSvm},        {"sendTransaction", MethodFamily::kSvm},
      {"slotSubscribe", MethodFamily::kSvm},  {"getSomethingNew", MethodFamily::kSvm},
      {"doSomethingNew", MethodFamily::kSvm}, {"minimumLedgerSlot", MethodFamily::kSvm},
      {"ping", MethodFamily::kAny},           {"", MethodFamily::kAny},
  };
  for (const auto& row : rows) {
    CAPTURE(row.method);
    CHECK(family_of(row.method) == row.family);
  }
}

TEST_CASE("method_label: E22 an unlisted method is other") {
  CHECK(method_label("eth_call") == "eth_call");
  CHECK(method_label("getSlot") == "getSlot");
  CHECK(method_label("eth_getSomethingNew") == "other");
  CHECK(method_label(std::string(100'000, 'x')) == "other");
  CHECK(method_label("") == "other");
}

TEST_CASE("method_label: a label outlives the name it was asked with") {
  std::string_view label;
  {
    const std::string method = "eth_getTransactionReceipt";
    label = method_label(method);
  }
  CHECK(label == "eth_getTransactionReceipt");
}

}  // namespace sidecar::testing

#include "rpc/block_need.h"

#include <doctest/doctest.h>

#include <ostream>
#include <string>

namespace sidecar::testing {
namespace {

constexpr uint64_t kHead = 1'000;

BlockNeed need_of(const char* method, std::string_view params, uint64_t head = 0) {
  return block_need(method_row(method), params, head);
}

// As viem, ethers, web3.py and cast write them; addresses shortened.
#define HASH "0x3921e591c8800c9e4a5e6353ab8335e921b9258af9e32cd1df662091b4a39db9"

}  // namespace

TEST_CASE("BlockNeed: a block is found at its method's place") {
  const struct {
    const char* method;
    const char* params;
  } rows[] = {
      {"eth_getBlockByNumber", R"(["0x1b4",false])"},
      {"eth_getBlockReceipts", R"(["0x1b4"])"},
      {"eth_getBlockTransactionCountByNumber", R"(["0x1b4"])"},
      {"eth_getTransactionByBlockNumberAndIndex", R"(["0x1b4","0x0"])"},
      {"eth_getUncleByBlockNumberAndIndex", R"(["0x1b4","0x0"])"},
      {"eth_getBalance", R"(["0x5fbdb2","0x1b4"])"},
      {"eth_getBalance", R"(["0x5fbdb2",{"blockNumber":"0x1b4"}])"},
      {"eth_getCode", R"(["0x5fbdb2","0x1b4"])"},
      {"eth_getTransactionCount", R"(["0x5fbdb2","0x1b4"])"},
      {"eth_getStorageAt", R"(["0x5fbdb2","0x0","0x1b4"])"},
      {"eth_getProof", R"(["0x5fbdb2",["0x0"],"0x1b4"])"},
      {"eth_call", R"([{"to":"0x5fbdb2","data":"0x70a08231"},"0x1b4"])"},
      {"eth_call",
       R"([ {"to":"0x5f","input":"0x}]\u0022"} , "0x1b4" ,{"0x5f":{"balance":"0x1"}}])"},
      {"eth_estimateGas", R"([{"to":"0x5fbdb2"},"0x1b4"])"},
      {"eth_createAccessList", R"([{"to":"0x5fbdb2"},"0x1b4"])"},
      {"eth_callMany", R"([[{"transactions":[]}],{"blockNumber":"0x1b4","transactionIndex":-1}])"},
      {"eth_simulateV1", R"([{"blockStateCalls":[]},"0x1b4"])"},
      {"trace_block", R"(["0x1b4"])"},
      {"trace_replayBlockTransactions", R"(["0x1b4",["trace"]])"},
      {"trace_call", R"([{"to":"0x5fbdb2"},["trace"],"0x1b4"])"},
      {"trace_callMany", R"([[[{"to":"0x5fbdb2"},["trace"]]],"0x1b4"])"},
      {"debug_traceBlockByNumber", R"(["0x1b4",{"tracer":"callTracer"}])"},
      {"debug_traceCall", R"([{"to":"0x5fbdb2"},"0x1b4",{"tracer":"callTracer"}])"},
      {"debug_getRawReceipts", R"(["0x1b4"])"},
      {"debug_printBlock", "[436]"},
      {"ots_hasCode", R"(["0x5fbdb2",436])"},
      {"getBlock", R"([436,{"maxSupportedTransactionVersion":0}])"},
      {"getBlockTime", "[436]"},
      {"getBlockCommitment", "[436]"},
      {"getBlocksWithLimit", "[436,10]"},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.method));
    const BlockNeed need = need_of(row.method, row.params);
    CHECK(need.number == 436);
    CHECK(need.oldest == 436);
    CHECK_FALSE(need.is_tip);
    CHECK_FALSE(need.tells_head);
    CHECK(need.hash.empty());
    CHECK_FALSE(need.range.has_value());
  }
}

TEST_CASE("BlockNeed: a hash is found wherever a block may be named") {
  const struct {
    const char* method;
    const char* params;
  } rows[] = {
      {"eth_getBlockByHash", R"([")" HASH R"(",true])"},
      {"eth_getBlockReceipts", R"([")" HASH R"("])"},
      {"eth_getBlockReceipts", R"([{"blockHash":")" HASH R"("}])"},
      {"eth_getTransactionByBlockHashAndIndex", R"([")" HASH R"(","0x0"])"},
      {"eth_call", R"([{"to":"0x5f"},{"blockHash":")" HASH R"(","requireCanonical":true}])"},
      {"eth_getBalance", R"(["0x5f",")" HASH R"("])"},
      {"eth_getLogs", R"([{"address":["0x5f"],"blockHash":")" HASH R"("}])"},
      {"eth_newFilter", R"([{"blockHash":")" HASH R"("}])"},
      {"debug_traceBlockByHash", R"([")" HASH R"(",{}])"},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.method));
    const BlockNeed need = need_of(row.method, row.params, kHead);
    CHECK(need.hash == HASH);
    CHECK_FALSE(need.number.has_value());
    CHECK_FALSE(need.range.has_value());
    CHECK_FALSE(need.is_tip);
  }
  CHECK(need_of("eth_getTransactionReceipt", R"([")" HASH R"("])").hash.empty());
}

TEST_CASE("BlockNeed: tags and what is left out") {
  const struct {
    const char* method;
    const char* params;
    bool is_tip;
    bool tells_head;
  } rows[] = {
      {"eth_getBlockByNumber", R"(["latest",false])", true, true},
      {"eth_getBlockByNumber", R"(["pending",false])", true, false},
      {"eth_getBlockByNumber", R"(["safe",false])", false, false},
      {"eth_getBlockByNumber", R"(["finalized",false])", false, false},
      {"eth_getBlockByNumber", R"(["LATEST",false])", false, false},
      {"eth_getBalance", R"(["0x5f"])", true, true},
      {"eth_getBalance", R"(["0x5f",null])", true, true},
      {"eth_call", R"([{"to":"0x5f"}])", true, true},
      {"eth_call", R"([{"to":"0x5f"},{}])", true, true},
      {"eth_blockNumber", "", true, true},
      {"eth_blockNumber", "[]", true, true},
      {"eth_gasPrice", "[]", true, true},
      {"eth_getLogs", R"([{"address":"0x5f"}])", true, true},
      {"eth_chainId", "[]", false, false},
      {"eth_getTransactionByHash", R"([")" HASH R"("])", false, false},
      {"getAccountInfo", R"(["Vote111",{"encoding":"base64"}])", true, false},
      {"getAccountInfo", R"(["Vote111",{"commitment":"confirmed"}])", true, true},
      {"getAccountInfo", R"(["Vote111"])", true, false},
      {"getSlot", "", true, false},
      {"getSlot", R"([{"commitment":"processed"}])", true, true},
      {"getSlot", R"([{"commitment":"finalized"}])", true, false},
      {"getTransaction", R"(["5j7s"])", false, false},
      {"getGenesisHash", "[]", false, false},
      {"eth_getSomethingNew", R"(["0x1"])", false, false},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.method));
    CAPTURE(std::string(row.params));
    const BlockNeed need = need_of(row.method, row.params);
    CHECK(need.is_tip == row.is_tip);
    CHECK(need.tells_head == row.tells_head);
    CHECK_FALSE(need.number.has_value());
    CHECK_FALSE(need.oldest.has_value());
    CHECK(need.hash.empty());
  }
  CHECK(need_of("eth_getBalance", R"(["0x5f","earliest"])").number == 0);
  CHECK(need_of("eth_getBalance", R"(["0x5f","earliest"])").oldest == 0);
}

TEST_CASE("BlockNeed: a range is counted with both its ends") {
  const struct {
    const char* method;
    const char* params;
    std::optional<uint64_t> oldest;
    std::optional<uint64_t> number;
    std::optional<uint64_t> range;
    bool is_tip;
  } rows[] = {
      {"eth_getLogs", R"([{"fromBlock":"0x64","toBlock":"0xc8"}])", 100, 200, 101, false},
      {"eth_getLogs", R"([{"fromBlock":"0x64","toBlock":"0x64"}])", 100, 100, 1, false},
      {"eth_getLogs", R"([{"fromBlock":"earliest","toBlock":"0x64"}])", 0, 100, 101, false},
      {"eth_getLogs", R"([{"fromBlock":"0x64","toBlock":"latest"}])", 100, 100, 901, true},
      {"eth_getLogs", R"([{"fromBlock":"0x64","toBlock":"pending"}])", 100, 100, 901, true},
      {"eth_getLogs", R"([{"fromBlock":"0x64"}])", 100, 100, 901, true},
      {"eth_getLogs", R"([{"fromBlock":"0x64","toBlock":null,"blockHash":null}])", 100, 100, 901,
       true},
      {"eth_getLogs", R"([{"fromBlock":"latest"}])", {}, {}, 1, true},
      {"eth_getLogs", R"([{"fromBlock":"0x64","toBlock":"finalized"}])", 100, 100, {}, false},
      {"eth_getLogs", R"([{"fromBlock":"0xc8","toBlock":"0x64"}])", 100, 200, {}, false},
      {"eth_getLogs",
       R"([{"fromBlock":"0x0","toBlock":"0xffffffffffffffff"}])",
       0,
       UINT64_MAX,
       {},
       false},
      {"eth_getLogs", R"([{"topics":[["0xddf2"],null],"toBlock":200,"fromBlock":100}])", 100, 200,
       101, false},
      {"eth_newFilter", R"([{"fromBlock":"0x64","toBlock":"0xc8"}])", 100, 200, 101, false},
      {"erigon_getLogs", R"([{"fromBlock":"0x64","toBlock":"0xc8"}])", 100, 200, 101, false},
      {"trace_filter", R"([{"fromBlock":"0x64","toBlock":"0xc8","count":10}])", 100, 200, 101,
       false},
      {"getBlocks", "[100,200]", 100, 200, 101, false},
      {"getBlocks", R"([100,200,{"commitment":"confirmed"}])", 100, 200, 101, false},
      {"getBlocks", "[100]", 100, 100, 901, true},
      {"getBlocks", R"([100,{"commitment":"confirmed"}])", 100, 100, 901, true},
      {"eth_feeHistory", R"(["0xa","0x64",[25,75]])", 91, 100, {}, false},
      {"eth_feeHistory", R"([10,"0x64"])", 91, 100, {}, false},
      {"eth_feeHistory", R"(["0xa","0x5",[]])", 0, 5, {}, false},
      {"eth_feeHistory", R"(["0x0","0x64",[]])", 100, 100, {}, false},
      {"eth_feeHistory", R"(["0xa","latest",[]])", {}, {}, {}, true},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.method));
    CAPTURE(std::string(row.params));
    const BlockNeed need = need_of(row.method, row.params, kHead);
    CHECK(need.oldest == row.oldest);
    CHECK(need.number == row.number);
    CHECK(need.range == row.range);
    CHECK(need.is_tip == row.is_tip);
  }
  CHECK_FALSE(need_of("eth_getLogs", R"([{"fromBlock":"0x64"}])").range.has_value());
}

TEST_CASE("BlockNeed: minContextSlot names a slot that the newest one may not be below") {
  for (const char* params : {R"(["Vote111",{"encoding":"base64","minContextSlot":436}])",
                             R"([{"minContextSlot":436}])"}) {
    CAPTURE(std::string(params));
    const BlockNeed need = need_of("getAccountInfo", params);
    CHECK(need.number == 436);
    CHECK(need.is_tip);
  }
  CHECK(need_of("sendTransaction", R"(["AbC=",{"minContextSlot":436}])").number == 436);
  CHECK_FALSE(need_of("getAccountInfo", R"(["a",{"minContextSlot":"x"}])").number.has_value());
  CHECK_FALSE(need_of("getAccountInfo", R"([{"minContextSlot":436},"a"])").number.has_value());
}

TEST_CASE("BlockNeed: params that no node would take name nothing") {
  const struct {
    const char* method;
    const char* params;
  } rows[] = {
      {"eth_getBlockByNumber", R"(["0x",false])"},
      {"eth_getBlockByNumber", R"(["0x1g",false])"},
      {"eth_getBlockByNumber", R"(["1b4",false])"},
      {"eth_getBlockByNumber", R"([-1,false])"},
      {"eth_getBlockByNumber", R"([1.5,false])"},
      {"eth_getBlockByNumber", R"(["0x10000000000000000",false])"},
      {"eth_getBlockByNumber", R"(["0x3921e591c8800c9e4a5e6353ab8335",false])"},
      {"eth_getBlockByNumber", R"([["0x1"],false])"},
      {"eth_getBlockByNumber", R"([{"blockNumber":{"blockNumber":"0x1"}}])"},
      {"getBlock", R"(["436"])"},
      {"getBlock", "[]"},
      {"getBlocks", R"([null,5])"},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.params));
    const BlockNeed need = need_of(row.method, row.params, kHead);
    CHECK_FALSE(need.number.has_value());
    CHECK_FALSE(need.oldest.has_value());
    CHECK_FALSE(need.range.has_value());
    CHECK_FALSE(need.is_tip);
    CHECK(need.hash.empty());
  }
  CHECK_FALSE(need_of("eth_getLogs", R"("x")", kHead).number.has_value());
  CHECK_FALSE(need_of("eth_call", R"([{"to":"0x5f"},"0x1)").number.has_value());
}

}  // namespace sidecar::testing

#include <cstdint>
#include <string_view>
#include <vector>

#include "fuzz_input.h"
#include "rpc/answer_facts.h"
#include "rpc/block_need.h"
#include "rpc/json_walk.h"
#include "rpc/method_table.h"
#include "rpc/raw_transaction.h"

namespace sidecar::testing {
namespace {

// One for each trait that a row can have.
constexpr std::string_view kMethods[] = {"eth_blockNumber",
                                         "eth_getBlockByNumber",
                                         "eth_getBalance",
                                         "eth_getStorageAt",
                                         "eth_getLogs",
                                         "eth_feeHistory",
                                         "getBlock",
                                         "getBlocks",
                                         "getAccountInfo",
                                         "getSlot",
                                         "eth_getBlockByHash",
                                         "eth_getTransactionReceipt",
                                         "eth_sendRawTransaction",
                                         "sendTransaction",
                                         "eth_unheardOf"};
constexpr uint64_t kHead = 1'000;

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void require_sound(const BlockNeed& need, std::string_view params) {
  require(need.number.has_value() == need.oldest.has_value());
  require(!need.number || *need.oldest <= *need.number);
  require(!need.range || *need.range > 0);
  require(lies_in(need.hash, params));
}

/// Children come in order, do not overlap and lie in the text.
void require_sound_walk(std::string_view text) {
  JsonWalk walk(text);
  const char* at = text.data();
  while (walk.next()) {
    require(lies_in(walk.key(), text) && lies_in(walk.value(), text));
    require(!walk.value().empty() && walk.value().data() >= at);
    at = walk.value().data() + walk.value().size();
  }
}

}  // namespace
}  // namespace sidecar::testing

/// Any bytes as the params and as the result of every kind of method: nothing is read past their
/// end, and what is found lies in them. The first byte chooses the method.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sidecar;
  using namespace sidecar::testing;
  if (size == 0) {
    return 0;
  }
  const MethodRow& method = method_row(kMethods[data[0] % std::size(kMethods)]);
  const std::vector<char> bytes(data + 1, data + size);
  const std::string_view text(bytes.data(), bytes.size());
  require_sound_walk(text);
  const BlockNeed need = block_need(method, text, kHead);
  require_sound(need, text);
  const auto fact = head_fact(method, need, text);
  require(!fact || (lies_in(fact->hash, text) && lies_in(fact->parent_hash, text)));
  require(!is_null_result(text) || !is_empty_array(text));
  const auto hash = evm_transaction_hash(text);
  require(!hash || hash->size() == 66);
  const auto svm = svm_transaction_facts(text);
  require(!svm || (svm->signature.size() >= 64 && svm->blockhash.size() >= 32));
  require(!blockhash_in(text) || !blockhash_in(text)->empty());
  return 0;
}

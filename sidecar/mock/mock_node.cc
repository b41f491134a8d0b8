#include "mock/mock_node.h"

#include <algorithm>

#include "rpc/byte_text.h"

namespace sidecar {

namespace {

constexpr int kUnhealthyCode = -32005;
constexpr uint64_t kHealthySlots = 128;  // Agave's --health-check-slot-distance

std::optional<uint64_t> evm_block_named(const EvmChain& chain, std::string_view method,
                                        const JsonValue& params, Millis now) {
  if (method == "eth_getTransactionByHash" || method == "eth_getTransactionReceipt") {
    const auto hash = bytes_param(params, 0, 32);
    const auto transaction = hash.ok() ? chain.transaction(hash.value()) : std::nullopt;
    return transaction ? std::optional(transaction->block) : std::nullopt;
  }
  const bool is_by_block =
      method == "eth_getBlockReceipts" || method.starts_with("eth_getBlockBy") ||
      method.starts_with("eth_getBlockTransactionCountBy") ||
      method.starts_with("eth_getTransactionByBlock") || method.starts_with("eth_getUncleCountBy");
  const auto ref = block_param(params, 0, chain, now);
  return is_by_block && ref.ok() && ref.value().is_known ? std::optional(ref.value().number)
                                                         : std::nullopt;
}

std::optional<uint64_t> svm_slot_named(const SvmChain& chain, std::string_view method,
                                       const JsonValue& params) {
  if (method == "getBlock" || method == "getBlockTime") {
    return params.at(0).as_uint64();
  }
  if (method == "getTransaction") {
    const auto signature = signature_of(params.at(0));
    const auto transaction = signature.ok() ? chain.transaction(signature.value()) : std::nullopt;
    return transaction ? std::optional(transaction->slot) : std::nullopt;
  }
  return std::nullopt;
}

MethodReply syncing_reply(uint64_t head, uint64_t blocks) {
  MethodReply reply;
  const uint64_t behind = std::min(head, blocks);
  JsonWriter writer(reply.json);
  writer.begin_object().key("startingBlock").string(to_quantity(0));
  writer.key("currentBlock").string(to_quantity(head - behind));
  writer.key("highestBlock").string(to_quantity(head)).end_object();
  return reply;
}

/// Nullopt for a healthy node.
std::optional<MethodReply> unhealthy_reply(uint64_t slots_behind) {
  if (slots_behind == 0) {
    return std::nullopt;
  }
  const std::string slots = std::to_string(slots_behind);
  return MethodReply::error(kUnhealthyCode, "Node is behind by " + slots + " slots",
                            "{\"numSlotsBehind\":" + slots + "}");
}

}  // namespace

MockNode::MockNode(const MockOptions& options, Millis genesis_unix)
    : block_time_(options.block_time.value_or(options.family == MockFamily::kEvm ? kEvmBlockTime
                                                                                 : kSvmSlotTime)) {
  if (options.family == MockFamily::kEvm) {
    evm_.emplace(EvmChainOptions{.seed = options.seed,
                                 .chain_id = options.chain_id,
                                 .block_time = block_time_,
                                 .genesis_unix = genesis_unix});
  } else {
    svm_.emplace(SvmChainOptions{
        .seed = options.seed, .slot_time = block_time_, .genesis_unix = genesis_unix});
  }
}

uint64_t MockNode::head(Millis now) const {
  return evm_ ? evm_->chain().head(now) : svm_->chain().slot(now, Commitment::kProcessed);
}

Millis MockNode::seen_at(Millis now, const CallFaults& faults) const {
  return std::min(now, faults.stuck_at.value_or(now)) -
         block_time_ * static_cast<int64_t>(faults.blocks_behind);
}

std::optional<MethodReply> MockNode::call(std::string_view method, const JsonValue& params,
                                          Millis now, const CallFaults& faults) {
  if (auto lied = lie(method, faults, now)) {
    return lied;
  }
  Millis then = seen_at(now, faults);
  if (faults.null_blocks > 0) {
    if (is_recent(method, params, then, faults.null_blocks)) {
      return MethodReply::result("null");
    }
    if (method == "getSignatureStatuses") {  // null within the answer, as for an older node
      then -= block_time_ * static_cast<int64_t>(faults.null_blocks);
    }
  }
  if (method == "eth_sendRawTransaction") {
    then = now;
  }
  if (!faults.branch) {
    return ask(method, params, then);
  }
  const auto set_branch = [this](const std::optional<ChainBranch>& branch) {
    evm_ ? evm_->chain().set_branch(branch) : svm_->chain().set_branch(branch);
  };
  set_branch(faults.branch);
  auto reply = ask(method, params, then);
  set_branch(std::nullopt);
  return reply;
}

std::optional<MethodReply> MockNode::ask(std::string_view method, const JsonValue& params,
                                         Millis now) {
  return evm_ ? evm_->call(method, params, now) : svm_->call(method, params, now);
}

/// What is answered without looking at the chain.
std::optional<MethodReply> MockNode::lie(std::string_view method, const CallFaults& faults,
                                         Millis now) const {
  if (evm_ && faults.is_wrong_chain && (method == "eth_chainId" || method == "net_version")) {
    const uint64_t id = faults.chain_id.value_or(evm_->chain().options().chain_id + 1);
    return MethodReply::text_result(method == "eth_chainId" ? to_quantity(id) : std::to_string(id));
  }
  if (svm_ && faults.is_wrong_chain && method == "getGenesisHash") {
    const Derivation& derivation = svm_->chain().derivation();
    return MethodReply::text_result(
        to_base58(derivation.bytes(Domain::kBlockRoot, 1 + faults.chain_id.value_or(0), 32)));
  }
  if (evm_ && faults.syncing_blocks > 0 && method == "eth_syncing") {
    return syncing_reply(head(now), faults.syncing_blocks);
  }
  if (svm_ && method == "getHealth") {
    return unhealthy_reply(std::max(
        faults.syncing_blocks, faults.blocks_behind > kHealthySlots ? faults.blocks_behind : 0));
  }
  return std::nullopt;
}

/// Whether a call asks for something in one of the newest blocks.
bool MockNode::is_recent(std::string_view method, const JsonValue& params, Millis now,
                         uint64_t blocks) const {
  const auto named = evm_ ? evm_block_named(evm_->chain(), method, params, now)
                          : svm_slot_named(svm_->chain(), method, params);
  return named && *named + blocks > head(now);
}

}  // namespace sidecar

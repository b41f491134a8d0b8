#include <algorithm>

#include "mock/svm_methods.h"
#include "rpc/byte_text.h"

// SvmMethods about blocks and the transactions in them.

namespace sidecar {

namespace {

constexpr int kBlockNotAvailableCode = -32004;
constexpr int kSlotSkippedCode = -32007;
constexpr int kVersionCode = -32015;
constexpr uint64_t kBlocksMax = 500'000;
constexpr uint64_t kBlocksWithLimitMax = 500'000;
constexpr size_t kStatusesMax = 256;
constexpr uint64_t kStatusSlots = 150;  // that are searched without searchTransactionHistory
constexpr uint64_t kSignaturesMax = 1'000;

MethodReply skipped(uint64_t slot) {
  return MethodReply::error(kSlotSkippedCode,
                            "Slot " + std::to_string(slot) +
                                " was skipped, or missing due to ledger jump to recent snapshot");
}

/// History is there once it is confirmed: what is only processed may still vanish.
std::optional<MethodReply> commitment_fault(const SvmConfig& config) {
  if (config.commitment == Commitment::kProcessed) {
    return MethodReply::invalid_params("Method does not support commitment below `confirmed`");
  }
  return std::nullopt;
}

/// Whether the client said which versions of transactions it knows, and knows this one.
std::optional<MethodReply> version_fault(const JsonValue& config,
                                         const SvmTransaction& transaction) {
  if (transaction.message.is_legacy || config["maxSupportedTransactionVersion"].as_uint64()) {
    return std::nullopt;
  }
  return MethodReply::error(
      kVersionCode,
      "Transaction version (0) is not supported by the requesting client. Please try the request "
      "again with the following configuration parameter: \"maxSupportedTransactionVersion\": 0");
}

bool has_version(const JsonValue& config) {
  return config["maxSupportedTransactionVersion"].as_uint64().has_value();
}

void write_transactions(JsonWriter& writer, const std::vector<SvmTransaction>& transactions,
                        const JsonValue& config, SvmEncoding encoding) {
  const std::string_view details = config["transactionDetails"].as_string().value_or("full");
  if (details == "none") {
    return;
  }
  const bool is_signatures = details == "signatures";
  writer.key(is_signatures ? "signatures" : "transactions").begin_array();
  for (const SvmTransaction& each : transactions) {
    if (is_signatures) {
      writer.string(to_base58(each.signatures[0]));
      continue;
    }
    writer.begin_object();
    if (details == "accounts") {
      write_svm_accounts_members(writer, each, has_version(config));
    } else {
      write_svm_transaction_members(writer, each, encoding, has_version(config));
    }
    writer.end_object();
  }
  writer.end_array();
}

std::string_view confirmation_text(const SvmChain& chain, uint64_t slot, Millis now) {
  if (slot <= chain.slot(now, Commitment::kFinalized)) {
    return "finalized";
  }
  return slot <= chain.slot(now, Commitment::kConfirmed) ? "confirmed" : "processed";
}

}  // namespace

MethodReply svm_block(const SvmChain& chain, uint64_t slot,
                      const std::vector<SvmTransaction>& transactions, const JsonValue& config,
                      SvmEncoding encoding) {
  for (const SvmTransaction& each : transactions) {
    if (const auto fault = version_fault(config, each)) {
      return *fault;
    }
  }
  const uint64_t parent = chain.parent_slot(slot);
  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_object().key("blockHeight").number(chain.block_height(slot));
  writer.key("blockTime").number(chain.unix_seconds(slot));
  writer.key("blockhash").string(to_base58(chain.blockhash(slot)));
  writer.key("parentSlot").number(parent);
  writer.key("previousBlockhash").string(to_base58(chain.blockhash(parent)));
  const JsonValue& rewards = config[config.has("showRewards") ? "showRewards" : "rewards"];
  if (rewards.as_bool().value_or(true)) {
    writer.key("rewards").begin_array().end_array();
  }
  write_transactions(writer, transactions, config, encoding);
  writer.end_object();
  return reply;
}

MethodReply SvmMethods::block(const JsonValue& params, Millis now) {
  const auto slot = number_param(params, 0);
  if (!slot.ok()) {
    return MethodReply::invalid_params(slot.error().detail);
  }
  const SvmContext context = svm_context(chain_, params, 1, now, SvmEncoding::kJson);
  if (context.refusal) {
    return *context.refusal;
  }
  if (const auto fault = commitment_fault(context.config)) {
    return *fault;
  }
  if (slot.value() > context.slot) {
    return MethodReply::error(kBlockNotAvailableCode,
                              "Block not available for slot " + std::to_string(slot.value()));
  }
  if (chain_.is_skipped(slot.value())) {
    return skipped(slot.value());
  }
  const std::vector<SvmTransaction> transactions = chain_.transactions(slot.value());
  return svm_block(chain_, slot.value(), transactions, params.at(1), context.config.form.encoding);
}

MethodReply SvmMethods::block_time(const JsonValue& params, Millis now) {
  const auto slot = number_param(params, 0);
  if (!slot.ok()) {
    return MethodReply::invalid_params(slot.error().detail);
  }
  if (slot.value() > chain_.slot(now, Commitment::kConfirmed)) {
    return MethodReply::error(kBlockNotAvailableCode,
                              "Block not available for slot " + std::to_string(slot.value()));
  }
  return chain_.is_skipped(slot.value())
             ? skipped(slot.value())
             : MethodReply::result(std::to_string(chain_.unix_seconds(slot.value())));
}

MethodReply SvmMethods::blocks(const JsonValue& params, Millis now) {
  const auto first = number_param(params, 0);
  if (!first.ok()) {
    return MethodReply::invalid_params(first.error().detail);
  }
  const auto asked_last = params.at(1).as_uint64();
  const bool has_config = params.at(1).is_object();
  const SvmContext context = svm_context(chain_, params, has_config ? 1 : 2, now);
  if (context.refusal) {
    return *context.refusal;
  }
  if (const auto fault = commitment_fault(context.config)) {
    return *fault;
  }
  const uint64_t last = std::min(asked_last.value_or(context.slot), context.slot);
  if (last > first.value() && last - first.value() > kBlocksMax) {
    return MethodReply::invalid_params("Slot range too large; max 500000");
  }
  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_array();
  for (uint64_t slot = first.value(); slot <= last; ++slot) {
    if (!chain_.is_skipped(slot)) {
      writer.number(slot);
    }
  }
  writer.end_array();
  return reply;
}

MethodReply SvmMethods::blocks_with_limit(const JsonValue& params, Millis now) {
  const auto first = number_param(params, 0);
  const auto limit = number_param(params, 1);
  if (!first.ok() || !limit.ok()) {
    return MethodReply::invalid_params("Invalid params: expected u64");
  }
  if (limit.value() > kBlocksWithLimitMax) {
    return MethodReply::invalid_params("Limit too large; max 500000");
  }
  const SvmContext context = svm_context(chain_, params, 2, now);
  if (context.refusal) {
    return *context.refusal;
  }
  if (const auto fault = commitment_fault(context.config)) {
    return *fault;
  }
  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_array();
  uint64_t count = 0;
  for (uint64_t slot = first.value(); slot <= context.slot && count < limit.value(); ++slot) {
    if (!chain_.is_skipped(slot)) {
      writer.number(slot);
      ++count;
    }
  }
  writer.end_array();
  return reply;
}

MethodReply SvmMethods::transaction(const JsonValue& params, Millis now) {
  const auto signature = signature_of(params.at(0));
  if (!signature.ok()) {
    return MethodReply::invalid_params(signature.error().detail);
  }
  const SvmContext context = svm_context(chain_, params, 1, now, SvmEncoding::kJson);
  if (context.refusal) {
    return *context.refusal;
  }
  if (const auto fault = commitment_fault(context.config)) {
    return *fault;
  }
  const auto found = chain_.transaction(signature.value());
  if (!found || found->slot > context.slot) {
    return MethodReply::result("null");
  }
  if (const auto fault = version_fault(params.at(1), *found)) {
    return *fault;
  }
  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_object().key("blockTime").number(chain_.unix_seconds(found->slot));
  writer.key("slot").number(found->slot);
  write_svm_transaction_members(writer, *found, context.config.form.encoding,
                                has_version(params.at(1)));
  writer.end_object();
  return reply;
}

MethodReply SvmMethods::signature_statuses(const JsonValue& params, Millis now) {
  const JsonValue& asked = params.at(0);
  if (!asked.is_array() || asked.size() > kStatusesMax) {
    return MethodReply::invalid_params("Too many inputs provided; max 256");
  }
  std::vector<std::optional<SvmTransaction>> found;
  const uint64_t newest = chain_.slot(now, Commitment::kProcessed);
  const bool is_wide = params.at(1)["searchTransactionHistory"].as_bool().value_or(false);
  for (const JsonValue& item : asked.items()) {
    const auto signature = signature_of(item);
    if (!signature.ok()) {
      return MethodReply::invalid_params(signature.error().detail);
    }
    found.push_back(chain_.transaction(signature.value()));
    const bool is_shown = found.back() && found.back()->slot <= newest &&
                          (is_wide || newest - found.back()->slot <= kStatusSlots);
    if (!is_shown) {
      found.back().reset();
    }
  }
  return svm_reply_in_context(newest, [&](JsonWriter& writer) {
    writer.begin_array();
    for (const auto& each : found) {
      if (!each) {
        writer.null();
        continue;
      }
      const std::string_view status = confirmation_text(chain_, each->slot, now);
      writer.begin_object().key("confirmationStatus").string(status).key("confirmations");
      if (status == "finalized") {
        writer.null();
      } else {
        writer.number(chain_.block_height(newest) - chain_.block_height(each->slot));
      }
      writer.key("err");
      write_svm_error(writer, *each);
      writer.key("slot").number(each->slot).key("status").begin_object();
      writer.key(each->failed_instruction ? "Err" : "Ok");
      write_svm_error(writer, *each);
      writer.end_object().end_object();
    }
    writer.end_array();
  });
}

MethodReply SvmMethods::signatures_for_address(const JsonValue& params, Millis now) {
  const auto address = key_param(params, 0);
  if (!address.ok()) {
    return MethodReply::invalid_params(address.error().detail);
  }
  const SvmContext context = svm_context(chain_, params, 1, now);
  if (context.refusal) {
    return *context.refusal;
  }
  if (const auto fault = commitment_fault(context.config)) {
    return *fault;
  }
  const JsonValue& config = params.at(1);
  const uint64_t limit = config["limit"].as_uint64().value_or(kSignaturesMax);
  if (limit == 0 || limit > kSignaturesMax) {
    return MethodReply::invalid_params("Invalid limit; max 1000");
  }
  std::string bounds[2];
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const JsonValue& bound = config[i == 0 ? "before" : "until"];
    if (bound.is_null()) {
      continue;
    }
    auto signature = signature_of(bound);
    if (!signature.ok()) {
      return MethodReply::invalid_params(signature.error().detail);
    }
    bounds[i] = std::move(signature).value();
  }
  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_array();
  for (const SvmTransaction& each :
       chain_.history({address.value(), context.slot, bounds[0], bounds[1], limit})) {
    writer.begin_object().key("blockTime").number(chain_.unix_seconds(each.slot));
    writer.key("confirmationStatus").string(confirmation_text(chain_, each.slot, now));
    writer.key("err");
    write_svm_error(writer, each);
    writer.key("memo").null().key("signature").string(to_base58(each.signatures[0]));
    writer.key("slot").number(each.slot).end_object();
  }
  writer.end_array();
  return reply;
}

}  // namespace sidecar

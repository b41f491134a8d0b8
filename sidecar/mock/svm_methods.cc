#include "mock/svm_methods.h"

#include <algorithm>
#include <array>

#include "rpc/byte_text.h"

// The table, and the methods about the cluster and its slots. Those about accounts, about blocks
// and about sending are in svm_methods_{accounts,blocks,send}.cc.

namespace sidecar {

namespace {

constexpr std::string_view kApiVersion = "3.0.10";
constexpr int kMinContextSlotCode = -32016;
constexpr uint64_t kSlotsPerEpoch = 432'000;
constexpr uint64_t kLeadersMax = 5'000;
constexpr uint64_t kSamplesMax = 720;
constexpr uint64_t kSampleSeconds = 60;

MethodReply number_reply(uint64_t number) {
  return MethodReply::result(std::to_string(number));
}

}  // namespace

SvmContext svm_context(const SvmChain& chain, const JsonValue& params, size_t config_index,
                       Millis now, SvmEncoding encoding) {
  SvmContext context;
  const auto config = config_param(params, config_index, encoding);
  if (!config.ok()) {
    context.refusal = MethodReply::invalid_params(config.error().detail);
    return context;
  }
  context.config = config.value();
  context.slot = chain.slot(now, context.config.commitment);
  if (context.config.slot_min.value_or(0) > context.slot) {
    context.refusal =
        MethodReply::error(kMinContextSlotCode, "Minimum context slot has not been reached",
                           R"({"contextSlot":)" + std::to_string(context.slot) + "}");
  }
  return context;
}

MethodReply svm_reply_in_context(uint64_t slot,
                                 const std::function<void(JsonWriter&)>& write_value) {
  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_object().key("context").begin_object().key("apiVersion").string(kApiVersion);
  writer.key("slot").number(slot).end_object().key("value");
  write_value(writer);
  writer.end_object();
  return reply;
}

struct SvmMethods::Row {
  std::string_view name;
  size_t params_min;
  size_t params_max;
  MethodReply (SvmMethods::*answer)(const JsonValue&, Millis);
};

const SvmMethods::Row* SvmMethods::find_row(std::string_view method) {
  static constexpr std::array kRows{
      Row{"getAccountInfo", 1, 2, &SvmMethods::account_info},
      Row{"getBalance", 1, 2, &SvmMethods::balance},
      Row{"getBlock", 1, 2, &SvmMethods::block},
      Row{"getBlockHeight", 0, 1, &SvmMethods::block_height},
      Row{"getBlockTime", 1, 1, &SvmMethods::block_time},
      Row{"getBlocks", 1, 3, &SvmMethods::blocks},
      Row{"getBlocksWithLimit", 2, 3, &SvmMethods::blocks_with_limit},
      Row{"getEpochInfo", 0, 1, &SvmMethods::epoch_info},
      Row{"getEpochSchedule", 0, 0, &SvmMethods::epoch_schedule},
      Row{"getFeeForMessage", 1, 2, &SvmMethods::fee_for_message},
      Row{"getFirstAvailableBlock", 0, 0, &SvmMethods::first_slot},
      Row{"getGenesisHash", 0, 0, &SvmMethods::genesis_hash},
      Row{"getHealth", 0, 0, &SvmMethods::health},
      Row{"getIdentity", 0, 0, &SvmMethods::identity},
      Row{"getLatestBlockhash", 0, 1, &SvmMethods::latest_blockhash},
      Row{"getMaxRetransmitSlot", 0, 0, &SvmMethods::newest_slot},
      Row{"getMaxShredInsertSlot", 0, 0, &SvmMethods::newest_slot},
      Row{"getMinimumBalanceForRentExemption", 1, 2, &SvmMethods::rent_exemption},
      Row{"getMultipleAccounts", 1, 2, &SvmMethods::multiple_accounts},
      Row{"getProgramAccounts", 1, 2, &SvmMethods::program_accounts},
      Row{"getRecentPerformanceSamples", 0, 1, &SvmMethods::performance_samples},
      Row{"getRecentPrioritizationFees", 0, 1, &SvmMethods::prioritization_fees},
      Row{"getSignatureStatuses", 1, 2, &SvmMethods::signature_statuses},
      Row{"getSignaturesForAddress", 1, 2, &SvmMethods::signatures_for_address},
      Row{"getSlot", 0, 1, &SvmMethods::slot},
      Row{"getSlotLeader", 0, 1, &SvmMethods::slot_leader},
      Row{"getSlotLeaders", 2, 2, &SvmMethods::slot_leaders},
      Row{"getTokenAccountBalance", 1, 2, &SvmMethods::token_account_balance},
      Row{"getTokenAccountsByOwner", 2, 3, &SvmMethods::token_accounts_by_owner},
      Row{"getTokenSupply", 1, 2, &SvmMethods::token_supply},
      Row{"getTransaction", 1, 2, &SvmMethods::transaction},
      Row{"getTransactionCount", 0, 1, &SvmMethods::transaction_count},
      Row{"getVersion", 0, 0, &SvmMethods::version},
      Row{"isBlockhashValid", 1, 2, &SvmMethods::is_blockhash_valid},
      Row{"minimumLedgerSlot", 0, 0, &SvmMethods::first_slot},
      Row{"requestAirdrop", 2, 3, &SvmMethods::request_airdrop},
      Row{"sendTransaction", 1, 2, &SvmMethods::send_transaction},
      Row{"simulateTransaction", 1, 2, &SvmMethods::simulate_transaction},
  };
  static_assert(std::is_sorted(kRows.begin(), kRows.end(),
                               [](const Row& a, const Row& b) { return a.name < b.name; }));
  const auto* row =
      std::lower_bound(kRows.begin(), kRows.end(), method,
                       [](const Row& each, std::string_view name) { return each.name < name; });
  return row != kRows.end() && row->name == method ? row : nullptr;
}

std::optional<MethodReply> SvmMethods::call(std::string_view method, const JsonValue& params,
                                            Millis now) {
  const Row* row = find_row(method);
  if (row == nullptr) {
    return std::nullopt;
  }
  if (params.is_object()) {
    return MethodReply::invalid_params("`params` should be an array");
  }
  if (params.size() > row->params_max) {
    return MethodReply::invalid_params(
        row->params_max == 0 ? "Invalid parameters: No parameters were expected"
                             : "Invalid params: invalid length " + std::to_string(params.size()) +
                                   ", expected at most " + std::to_string(row->params_max));
  }
  if (params.size() < row->params_min) {
    return MethodReply::invalid_params("`params` should have at least " +
                                       std::to_string(row->params_min) + " argument(s)");
  }
  return (this->*row->answer)(params, now);
}

MethodReply SvmMethods::health(const JsonValue&, Millis) {
  return MethodReply::text_result("ok");
}

MethodReply SvmMethods::version(const JsonValue&, Millis) {
  MethodReply reply;
  JsonWriter(reply.json)
      .begin_object()
      .key("feature-set")
      .number(3'604'001'754)
      .key("solana-core")
      .string(kApiVersion)
      .end_object();
  return reply;
}

MethodReply SvmMethods::genesis_hash(const JsonValue&, Millis) {
  return MethodReply::text_result(to_base58(chain_.derivation().bytes(Domain::kBlockRoot, 0, 32)));
}

MethodReply SvmMethods::identity(const JsonValue&, Millis) {
  MethodReply reply;
  JsonWriter(reply.json)
      .begin_object()
      .key("identity")
      .string(to_base58(chain_.leader(0)))
      .end_object();
  return reply;
}

MethodReply SvmMethods::slot(const JsonValue& params, Millis now) {
  const SvmContext context = svm_context(chain_, params, 0, now);
  return context.refusal ? *context.refusal : number_reply(context.slot);
}

MethodReply SvmMethods::newest_slot(const JsonValue&, Millis now) {
  return number_reply(chain_.slot(now, Commitment::kProcessed));
}

MethodReply SvmMethods::first_slot(const JsonValue&, Millis) {
  return number_reply(0);
}

MethodReply SvmMethods::block_height(const JsonValue& params, Millis now) {
  const SvmContext context = svm_context(chain_, params, 0, now);
  return context.refusal ? *context.refusal : number_reply(chain_.block_height(context.slot));
}

MethodReply SvmMethods::transaction_count(const JsonValue& params, Millis now) {
  const SvmContext context = svm_context(chain_, params, 0, now);
  return context.refusal ? *context.refusal : number_reply(chain_.transaction_count(context.slot));
}

MethodReply SvmMethods::epoch_info(const JsonValue& params, Millis now) {
  const SvmContext context = svm_context(chain_, params, 0, now);
  if (context.refusal) {
    return *context.refusal;
  }
  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_object().key("absoluteSlot").number(context.slot);
  writer.key("blockHeight").number(chain_.block_height(context.slot));
  writer.key("epoch").number(context.slot / kSlotsPerEpoch);
  writer.key("slotIndex").number(context.slot % kSlotsPerEpoch);
  writer.key("slotsInEpoch").number(kSlotsPerEpoch);
  writer.key("transactionCount").number(chain_.transaction_count(context.slot)).end_object();
  return reply;
}

MethodReply SvmMethods::epoch_schedule(const JsonValue&, Millis) {
  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_object().key("firstNormalEpoch").number(0).key("firstNormalSlot").number(0);
  writer.key("leaderScheduleSlotOffset").number(kSlotsPerEpoch);
  writer.key("slotsPerEpoch").number(kSlotsPerEpoch).key("warmup").boolean(false).end_object();
  return reply;
}

MethodReply SvmMethods::slot_leader(const JsonValue& params, Millis now) {
  const SvmContext context = svm_context(chain_, params, 0, now);
  return context.refusal ? *context.refusal
                         : MethodReply::text_result(to_base58(chain_.leader(context.slot)));
}

MethodReply SvmMethods::slot_leaders(const JsonValue& params, Millis) {
  const auto first = number_param(params, 0);
  const auto count = number_param(params, 1);
  if (!first.ok() || !count.ok()) {
    return MethodReply::invalid_params("Invalid params: expected u64");
  }
  if (count.value() == 0 || count.value() > kLeadersMax) {
    return MethodReply::invalid_params("Invalid limit; max 5000");
  }
  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_array();
  for (uint64_t i = 0; i < count.value(); ++i) {
    writer.string(to_base58(chain_.leader(first.value() + i)));
  }
  writer.end_array();
  return reply;
}

MethodReply SvmMethods::latest_blockhash(const JsonValue& params, Millis now) {
  const SvmContext context = svm_context(chain_, params, 0, now);
  if (context.refusal) {
    return *context.refusal;
  }
  return svm_reply_in_context(context.slot, [this, &context](JsonWriter& writer) {
    writer.begin_object().key("blockhash").string(to_base58(chain_.blockhash(context.slot)));
    writer.key("lastValidBlockHeight")
        .number(chain_.block_height(context.slot) + SvmChain::kBlockhashAgeMax)
        .end_object();
  });
}

MethodReply SvmMethods::is_blockhash_valid(const JsonValue& params, Millis now) {
  const auto blockhash = key_param(params, 0);
  if (!blockhash.ok()) {
    return MethodReply::invalid_params(blockhash.error().detail);
  }
  const SvmContext context = svm_context(chain_, params, 1, now);
  if (context.refusal) {
    return *context.refusal;
  }
  return svm_reply_in_context(context.slot, [this, &context, &blockhash](JsonWriter& writer) {
    writer.boolean(chain_.is_blockhash_valid(blockhash.value(), context.slot));
  });
}

MethodReply SvmMethods::performance_samples(const JsonValue& params, Millis now) {
  const uint64_t wanted = params.at(0).as_uint64().value_or(kSamplesMax);
  if (wanted > kSamplesMax) {
    return MethodReply::invalid_params("Invalid limit; max 720");
  }
  const auto slots = static_cast<uint64_t>(
      std::max<int64_t>(1, Millis(kSampleSeconds * 1'000) / chain_.slot_time()));
  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_array();
  uint64_t slot = chain_.slot(now, Commitment::kProcessed);
  for (uint64_t i = 0; i < wanted && slot > slots; ++i, slot -= slots) {
    const uint64_t count = chain_.transaction_count(slot) - chain_.transaction_count(slot - slots);
    writer.begin_object().key("numNonVoteTransactions").number(count);
    writer.key("numSlots").number(slots).key("numTransactions").number(count);
    writer.key("samplePeriodSecs").number(kSampleSeconds).key("slot").number(slot).end_object();
  }
  writer.end_array();
  return reply;
}

}  // namespace sidecar

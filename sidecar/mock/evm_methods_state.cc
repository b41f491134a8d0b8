#include <algorithm>
#include <vector>

#include "mock/evm_contract.h"
#include "mock/evm_json.h"
#include "mock/evm_methods.h"
#include "rpc/byte_text.h"
#include "rpc/rpc_error.h"

// EvmMethods about fees, state and logs.

namespace sidecar {

namespace {

constexpr Wide kPriorityFee = 1'000'000'000;
constexpr uint64_t kFeeBlocksMax = 1'024;
constexpr size_t kPercentilesMax = 100;
constexpr uint64_t kGasPlain = 21'000;
constexpr uint64_t kGasToken = 51'234;
constexpr uint64_t kGasPerByte = 16;

MethodReply quantity_reply(Wide number) {
  return MethodReply::text_result(to_quantity(number));
}

MethodReply header_not_found() {
  return MethodReply::error(kServerErrorCode, "header not found");
}

/// An address and a block, as most questions about state have them. `refusal` is set instead when
/// there is nothing to answer.
struct StateQuestion {
  std::string address;
  EvmBlockRef block;
  std::optional<MethodReply> refusal;
};

StateQuestion state_question(const JsonValue& params, size_t block_index, const EvmChain& chain,
                             Millis now) {
  auto address = bytes_param(params, 0, 20);
  auto block = block_param(params, block_index, chain, now);
  if (!address.ok()) {
    return {{}, {}, MethodReply::invalid_params(address.error().detail)};
  }
  if (!block.ok()) {
    return {{}, {}, MethodReply::invalid_params(block.error().detail)};
  }
  if (!block.value().is_known) {
    return {{}, {}, header_not_found()};
  }
  return {std::move(address).value(), block.value(), std::nullopt};
}

/// Prices at these percentiles of a block's gas.
void write_rewards(JsonWriter& writer, const EvmBlock& block, const std::vector<double>& wanted) {
  std::vector<std::pair<Wide, uint64_t>> tips;  // and the gas that paid them
  for (const EvmTransaction& transaction : block.transactions) {
    tips.emplace_back(effective_gas_price(transaction, block.base_fee) - block.base_fee,
                      transaction.gas_used);
  }
  std::sort(tips.begin(), tips.end());
  writer.begin_array();
  for (const double percentile : wanted) {
    const auto threshold =
        static_cast<uint64_t>(static_cast<double>(block.gas_used) * percentile / 100);
    uint64_t gas = 0;
    const auto reached = std::find_if(tips.begin(), tips.end(), [&gas, threshold](const auto& tip) {
      gas += tip.second;
      return gas >= threshold;
    });
    writer.string(to_quantity(reached == tips.end() ? Wide{0} : reached->first));
  }
  writer.end_array();
}

std::optional<std::vector<double>> percentiles_of(const JsonValue& value) {
  std::vector<double> percentiles;
  for (const JsonValue& item : value.items()) {
    const auto number = item.as_double();
    if (!number || *number < 0 || *number > 100 ||
        (!percentiles.empty() && *number < percentiles.back())) {
      return std::nullopt;
    }
    percentiles.push_back(*number);
  }
  return percentiles.size() <= kPercentilesMax ? std::optional(percentiles) : std::nullopt;
}

/// With 4 digits after the point, as many as anyone looks at.
std::string ratio_text(uint64_t part, uint64_t whole) {
  const std::string digits = std::to_string(10'000 + part * 10'000 / whole);
  return digits == "20000" ? "1" : "0." + digits.substr(1);
}

}  // namespace

MethodReply EvmMethods::gas_price(const JsonValue&, Millis now) {
  return quantity_reply(chain_.base_fee(chain_.head(now) + 1) + kPriorityFee);
}

MethodReply EvmMethods::priority_fee(const JsonValue&, Millis) {
  return quantity_reply(kPriorityFee);
}

MethodReply EvmMethods::blob_base_fee(const JsonValue&, Millis) {
  return quantity_reply(1);
}

MethodReply EvmMethods::fee_history(const JsonValue& params, Millis now) {
  const auto wanted = quantity_param(params, 0);
  const auto newest = block_param(params, 1, chain_, now);
  const auto percentiles = percentiles_of(params.at(2));
  if (!wanted.ok() || !newest.ok()) {
    return MethodReply::invalid_params(wanted.ok() ? newest.error().detail : wanted.error().detail);
  }
  if (!percentiles) {
    return MethodReply::invalid_params("invalid reward percentile");
  }
  if (!newest.value().is_known) {
    return MethodReply::error(kServerErrorCode, "request beyond head block");
  }
  const uint64_t last = std::min(newest.value().number, chain_.head(now));
  const uint64_t count = std::min({wanted.value(), kFeeBlocksMax, last + 1});
  const uint64_t first = last + 1 - count;

  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_object().key("oldestBlock").string(to_quantity(first));
  writer.key("baseFeePerGas").begin_array();
  for (uint64_t block = first; count > 0 && block <= last + 1; ++block) {
    writer.string(to_quantity(chain_.base_fee(block)));
  }
  writer.end_array().key("gasUsedRatio").begin_array();
  for (uint64_t block = first; block <= last; ++block) {
    writer.raw(ratio_text(chain_.block(block).gas_used, kEvmGasLimit));
  }
  writer.end_array();
  if (!percentiles->empty()) {
    writer.key("reward").begin_array();
    for (uint64_t block = first; block <= last; ++block) {
      write_rewards(writer, chain_.block(block), *percentiles);
    }
    writer.end_array();
  }
  writer.end_object();
  return reply;
}

MethodReply EvmMethods::balance(const JsonValue& params, Millis now) {
  const StateQuestion asked = state_question(params, 1, chain_, now);
  return asked.refusal ? *asked.refusal
                       : quantity_reply(chain_.balance(asked.address, asked.block.number));
}

MethodReply EvmMethods::nonce(const JsonValue& params, Millis now) {
  const StateQuestion asked = state_question(params, 1, chain_, now);
  if (asked.refusal) {
    return *asked.refusal;
  }
  // Nothing of what is made up is pending: the pending nonce is the latest.
  const uint64_t block = std::min(asked.block.number, chain_.head(now));
  return quantity_reply(chain_.nonce(asked.address, block));
}

MethodReply EvmMethods::code(const JsonValue& params, Millis now) {
  const StateQuestion asked = state_question(params, 1, chain_, now);
  return asked.refusal ? *asked.refusal
                       : MethodReply::text_result(to_hex(contract_code(chain_, asked.address)));
}

MethodReply EvmMethods::storage(const JsonValue& params, Millis now) {
  const StateQuestion asked = state_question(params, 2, chain_, now);
  if (asked.refusal) {
    return *asked.refusal;
  }
  const std::string_view slot = params.at(1).as_string().value_or("");
  const bool is_word = slot.size() == 66 && from_hex(slot).has_value();
  if (!is_word && !from_quantity(slot)) {
    return MethodReply::invalid_params("invalid argument 1: want a slot, a quantity or 32 bytes");
  }
  if (!chain_.is_token(asked.address)) {
    return MethodReply::text_result(to_hex(std::string(32, '\0')));
  }
  const Wide index = is_word ? Wide{chain_.derivation().number_of(Domain::kStorage, slot)}
                             : Wide{*from_quantity(slot)};
  return MethodReply::text_result(
      to_hex(chain_.derivation().bytes(Domain::kStorage, static_cast<uint64_t>(index), 32)));
}

MethodReply EvmMethods::eth_call(const JsonValue& params, Millis now) {
  const auto call = call_param(params, 0);
  const auto block = block_param(params, 1, chain_, now);
  if (!call.ok() || !block.ok()) {
    return MethodReply::invalid_params(call.ok() ? block.error().detail : call.error().detail);
  }
  return block.value().is_known ? call_contract(chain_, call.value()) : header_not_found();
}

MethodReply EvmMethods::estimate_gas(const JsonValue& params, Millis now) {
  const auto call = call_param(params, 0);
  if (!call.ok()) {
    return MethodReply::invalid_params(call.error().detail);
  }
  MethodReply dry_run = eth_call(params, now);
  if (dry_run.is_error) {
    return dry_run;
  }
  if (chain_.is_token(call.value().to)) {
    return quantity_reply(kGasToken);
  }
  return quantity_reply(kGasPlain + kGasPerByte * call.value().input.size());
}

MethodReply EvmMethods::logs(const JsonValue& params, Millis now) {
  const auto filter = log_filter_param(params, 0);
  const auto range = log_range_param(params, 0, chain_, now);
  if (!filter.ok() || !range.ok()) {
    return MethodReply::invalid_params(filter.ok() ? range.error().detail : filter.error().detail);
  }
  if (!range.value().is_known) {
    return MethodReply::error(kServerErrorCode, "unknown block");
  }
  const uint64_t head = chain_.head(now);
  if (range.value().first > head) {
    return MethodReply::result("[]");
  }
  return find_logs(chain_, filter.value(), range.value().first, std::min(range.value().last, head));
}

MethodReply EvmMethods::new_filter(const JsonValue& params, Millis now) {
  auto filter = log_filter_param(params, 0);
  const auto range = log_range_param(params, 0, chain_, now);
  if (!filter.ok() || !range.ok()) {
    return MethodReply::invalid_params(filter.ok() ? range.error().detail : filter.error().detail);
  }
  if (!range.value().is_known) {
    return MethodReply::error(kServerErrorCode, "unknown block");
  }
  return filters_.add_logs(std::move(filter).value(), range.value(), now);
}

MethodReply EvmMethods::new_block_filter(const JsonValue&, Millis now) {
  return filters_.add_blocks(now);
}

MethodReply EvmMethods::new_pending_filter(const JsonValue&, Millis now) {
  return filters_.add_pending(now);
}

MethodReply EvmMethods::filter_changes(const JsonValue& params, Millis now) {
  return filters_.changes(params.at(0).as_string().value_or(""), now);
}

MethodReply EvmMethods::filter_logs(const JsonValue& params, Millis now) {
  return filters_.logs(params.at(0).as_string().value_or(""), now);
}

MethodReply EvmMethods::uninstall_filter(const JsonValue& params, Millis) {
  return filters_.remove(params.at(0).as_string().value_or(""));
}

}  // namespace sidecar

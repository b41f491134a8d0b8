#include "mock/evm_params.h"

#include <algorithm>

#include "rpc/byte_text.h"

namespace sidecar {

namespace {

constexpr size_t kAddressesMax = 1'000;
constexpr size_t kTopicsMax = 4;
constexpr size_t kTopicChoicesMax = 1'000;

Error invalid(size_t index, std::string_view what) {
  return Error{Errc::kInvalid,
               "invalid argument " + std::to_string(index) + ": " + std::string(what)};
}

std::optional<std::string> bytes_of(const JsonValue& value, size_t size) {
  const auto text = value.as_string();
  auto bytes = text ? from_hex(*text) : std::nullopt;
  return bytes && bytes->size() == size ? bytes : std::nullopt;
}

std::optional<uint64_t> quantity_of(const JsonValue& value) {
  const auto text = value.as_string();
  return text ? from_quantity(*text) : value.as_uint64();
}

std::optional<EvmBlockRef> tagged(std::string_view tag, uint64_t head) {
  if (tag == "latest") {
    return EvmBlockRef{head};
  }
  if (tag == "pending") {
    return EvmBlockRef{.number = head + 1, .is_pending = true};
  }
  if (tag == "earliest") {
    return EvmBlockRef{0};
  }
  if (tag == "safe") {
    return EvmBlockRef{head - std::min(head, EvmChain::kBlocksToSafe)};
  }
  if (tag == "finalized") {
    return EvmBlockRef{head - std::min(head, EvmChain::kBlocksToFinalized)};
  }
  return std::nullopt;
}

EvmBlockRef by_hash(std::string_view hash, const EvmChain& chain, uint64_t head) {
  const auto number = chain.number_of(hash);
  return {.number = number.value_or(0), .is_known = number && *number <= head};
}

/// A number or a tag; nullopt for anything else.
std::optional<EvmBlockRef> by_number(const JsonValue& value, uint64_t head) {
  if (value.is_null()) {
    return EvmBlockRef{head};
  }
  if (const auto text = value.as_string()) {
    if (auto ref = tagged(*text, head)) {
      return ref;
    }
  }
  const auto number = quantity_of(value);
  if (!number) {
    return std::nullopt;
  }
  return EvmBlockRef{.number = *number, .is_known = *number <= head};
}

/// One value, or a list of them; null is an empty list.
std::optional<std::vector<std::string>> choices_of(const JsonValue& value, size_t size,
                                                   size_t count_max) {
  std::vector<std::string> choices;
  if (value.is_null()) {
    return choices;
  }
  if (!value.is_array()) {
    auto only = bytes_of(value, size);
    return only ? std::optional(std::vector{std::move(*only)}) : std::nullopt;
  }
  if (value.size() > count_max) {
    return std::nullopt;
  }
  for (const JsonValue& item : value.items()) {
    auto bytes = bytes_of(item, size);
    if (!bytes) {
      return std::nullopt;
    }
    choices.push_back(std::move(*bytes));
  }
  return choices;
}

bool is_among(const std::vector<std::string>& choices, const std::string& value) {
  return choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end();
}

}  // namespace

Result<std::string> bytes_param(const JsonValue& params, size_t index, size_t size) {
  auto bytes = bytes_of(params.at(index), size);
  if (!bytes) {
    return invalid(index, "want 0x and " + std::to_string(2 * size) + " hex digits");
  }
  return std::move(*bytes);
}

Result<uint64_t> quantity_param(const JsonValue& params, size_t index) {
  const auto number = quantity_of(params.at(index));
  if (!number) {
    return invalid(index, "want a hex quantity without leading zeros");
  }
  return *number;
}

Result<EvmBlockRef> block_param(const JsonValue& params, size_t index, const EvmChain& chain,
                                Millis now) {
  const JsonValue& value = params.at(index);
  const uint64_t head = chain.head(now);
  std::optional<EvmBlockRef> ref;
  if (value.is_object() && value.has("blockHash")) {
    if (const auto hash = bytes_of(value["blockHash"], 32)) {
      ref = by_hash(*hash, chain, head);
    }
  } else if (value.is_object()) {
    ref = value.has("blockNumber") ? by_number(value["blockNumber"], head) : std::nullopt;
  } else if (const auto hash = bytes_of(value, 32)) {
    ref = by_hash(*hash, chain, head);
  } else {
    ref = by_number(value, head);
  }
  if (!ref) {
    return invalid(index, "want a block number, hash or tag");
  }
  return *ref;
}

Result<EvmCall> call_param(const JsonValue& params, size_t index) {
  const JsonValue& value = params.at(index);
  if (!value.is_object()) {
    return invalid(index, "want a transaction object");
  }
  EvmCall call{std::string(20, '\0'), {}, {}};
  for (const auto& [key, address] : {std::pair{"from", &call.from}, std::pair{"to", &call.to}}) {
    if (value[key].is_null()) {
      continue;
    }
    auto bytes = bytes_of(value[key], 20);
    if (!bytes) {
      return invalid(index, std::string(key) + " is no address");
    }
    *address = std::move(*bytes);
  }
  const JsonValue& input = value["input"].is_null() ? value["data"] : value["input"];
  if (!input.is_null()) {
    auto bytes = from_hex(input.as_string().value_or(""));
    if (!bytes) {
      return invalid(index, "input is not hex");
    }
    call.input = std::move(*bytes);
  }
  return call;
}

bool EvmLogFilter::matches(const EvmLog& log) const {
  if (!is_among(addresses, log.address) || topics.size() > log.topics.size()) {
    return false;
  }
  for (size_t i = 0; i < topics.size(); ++i) {
    if (!is_among(topics[i], log.topics[i])) {
      return false;
    }
  }
  return true;
}

Result<EvmLogFilter> log_filter_param(const JsonValue& params, size_t index) {
  const JsonValue& value = params.at(index);
  if (!value.is_object()) {
    return invalid(index, "want a filter object");
  }
  EvmLogFilter filter;
  auto addresses = choices_of(value["address"], 20, kAddressesMax);
  if (!addresses) {
    return invalid(index, "address: want an address or a list of at most 1000");
  }
  filter.addresses = std::move(*addresses);
  const JsonValue& topics = value["topics"];
  if ((!topics.is_array() && !topics.is_null()) || topics.size() > kTopicsMax) {
    return invalid(index, "topics: want a list of at most 4");
  }
  for (const JsonValue& topic : topics.items()) {
    auto choices = choices_of(topic, 32, kTopicChoicesMax);
    if (!choices) {
      return invalid(index, "topics: want null, a topic, or a list of topics at each place");
    }
    filter.topics.push_back(std::move(*choices));
  }
  return filter;
}

Result<EvmLogRange> log_range_param(const JsonValue& params, size_t index, const EvmChain& chain,
                                    Millis now) {
  const JsonValue& value = params.at(index);
  const uint64_t head = chain.head(now);
  if (!value["blockHash"].is_null()) {
    if (!value["fromBlock"].is_null() || !value["toBlock"].is_null()) {
      return invalid(index, "blockHash cannot go with fromBlock or toBlock");
    }
    const auto hash = bytes_of(value["blockHash"], 32);
    if (!hash) {
      return invalid(index, "blockHash: want 32 bytes of hex");
    }
    const EvmBlockRef ref = by_hash(*hash, chain, head);
    return EvmLogRange{.first = ref.number, .last = ref.number, .is_known = ref.is_known};
  }
  const auto first = by_number(value["fromBlock"], head);
  const auto last = by_number(value["toBlock"], head);
  if (!first || !last) {
    return invalid(index, "fromBlock, toBlock: want a block number or tag");
  }
  // Against a tag it is no error: whoever polls from the block after the head does that.
  if (first->number > last->number && quantity_of(value["toBlock"])) {
    return Error{Errc::kInvalid, "invalid block range params"};
  }
  return EvmLogRange{
      .first = first->number,
      .last = last->number,
      .is_open = value["toBlock"].is_null() || value["toBlock"].as_string() == "latest"};
}

}  // namespace sidecar

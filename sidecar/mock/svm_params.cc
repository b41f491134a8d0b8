#include "mock/svm_params.h"

#include <array>

#include "rpc/byte_text.h"

namespace sidecar {

namespace {

constexpr size_t kFiltersMax = 4;
constexpr size_t kEncodedBytesMax = 2'048;

Error invalid(std::string detail) {
  return Error{Errc::kInvalid, std::move(detail)};
}

Result<std::string> base58_of(const JsonValue& value, size_t size) {
  const auto text = value.as_string();
  if (!text) {
    return invalid("Invalid params: expected a string");
  }
  auto bytes = from_base58(*text);
  if (!bytes) {
    return invalid("Invalid param: Invalid");
  }
  if (bytes->size() != size) {
    return invalid("Invalid param: WrongSize");
  }
  return std::move(*bytes);
}

std::optional<Commitment> commitment_of(std::string_view text) {
  if (text == "processed") {
    return Commitment::kProcessed;
  }
  if (text == "confirmed") {
    return Commitment::kConfirmed;
  }
  return text == "finalized" ? std::optional(Commitment::kFinalized) : std::nullopt;
}

std::optional<SvmEncoding> encoding_of(std::string_view text) {
  struct Row {
    std::string_view text;
    SvmEncoding encoding;
  };
  constexpr std::array<Row, 5> kRows{{{"json", SvmEncoding::kJson},
                                      {"jsonParsed", SvmEncoding::kJsonParsed},
                                      {"base58", SvmEncoding::kBase58},
                                      {"base64", SvmEncoding::kBase64},
                                      {"binary", SvmEncoding::kBinary}}};
  for (const Row& row : kRows) {
    if (row.text == text) {
      return row.encoding;
    }
  }
  return std::nullopt;
}

bool matches(const JsonValue& memcmp, const SvmAccount& account) {
  const std::string_view text = memcmp["bytes"].as_string().value_or("");
  const auto wanted =
      memcmp["encoding"].as_string() == "base64" ? from_base64(text) : from_base58(text);
  const uint64_t offset = memcmp["offset"].as_uint64().value_or(0);
  return wanted && offset <= account.payload.size() &&
         std::string_view(account.payload).substr(offset).starts_with(*wanted);
}

}  // namespace

Result<std::string> key_of(const JsonValue& value) {
  return base58_of(value, 32);
}

Result<std::string> key_param(const JsonValue& params, size_t index) {
  return key_of(params.at(index));
}

Result<std::string> signature_of(const JsonValue& value) {
  return base58_of(value, 64);
}

Result<uint64_t> number_param(const JsonValue& params, size_t index) {
  const auto number = params.at(index).as_uint64();
  if (!number) {
    return invalid("Invalid params: expected u64");
  }
  return *number;
}

Result<SvmConfig> config_param(const JsonValue& params, size_t index, SvmEncoding encoding) {
  const JsonValue& value = params.at(index);
  SvmConfig config;
  config.form.encoding = encoding;
  if (!value.is_null() && !value.is_object() && !value.as_string()) {
    return invalid("Invalid params: expected a configuration object");
  }
  if (const auto text = value["commitment"].as_string()) {
    const auto commitment = commitment_of(*text);
    if (!commitment) {
      return invalid("Invalid params: unknown variant `" + std::string(*text) +
                     "`, expected one of `processed`, `confirmed`, `finalized`");
    }
    config.commitment = *commitment;
  }
  const JsonValue& encoding_value = value.is_object() ? value["encoding"] : value;
  if (const auto text = encoding_value.as_string()) {
    const auto known = encoding_of(*text);
    if (!known) {
      return invalid("Invalid params: the mock does not write the encoding `" + std::string(*text) +
                     "`");
    }
    config.form.encoding = *known;
  }
  config.slot_min = value["minContextSlot"].as_uint64();
  const JsonValue& slice = value["dataSlice"];
  if (slice.is_object()) {
    config.form.slice = {slice["offset"].as_uint64().value_or(0),
                         slice["length"].as_uint64().value_or(0)};
  }
  return config;
}

Result<std::string> encoded_param(const JsonValue& params, size_t index, SvmEncoding encoding) {
  const auto text = params.at(index).as_string();
  if (!text) {
    return invalid("Invalid params: expected a string");
  }
  const bool is_base64 = encoding == SvmEncoding::kBase64;
  auto bytes = text->size() > 2 * kEncodedBytesMax ? std::nullopt
               : is_base64                         ? from_base64(*text)
                                                   : from_base58(*text);
  if (!bytes) {
    return invalid(is_base64 ? "invalid base64 encoding" : "invalid base58 encoding");
  }
  return std::move(*bytes);
}

Result<bool> passes_filters(const JsonValue& filters, const SvmAccount& account) {
  if (filters.size() > kFiltersMax) {
    return invalid("Too many filters provided; max 4");
  }
  for (const JsonValue& filter : filters.items()) {
    if (const auto size = filter["dataSize"].as_uint64()) {
      if (account.payload.size() != *size) {
        return false;
      }
    } else if (filter["memcmp"].is_object()) {
      if (!matches(filter["memcmp"], account)) {
        return false;
      }
    } else {
      return invalid("Invalid params: a filter is dataSize or memcmp");
    }
  }
  return true;
}

}  // namespace sidecar

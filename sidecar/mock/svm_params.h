#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "mock/svm_chain.h"
#include "mock/svm_json.h"
#include "rpc/json_value.h"

namespace sidecar {

/// Readers of Solana parameters. Errors: kInvalid with a node's text; it answers -32602.
/// An index past the end of `params` reads as null.

/// A public key or a blockhash.
Result<std::string> key_param(const JsonValue& params, size_t index);
Result<std::string> key_of(const JsonValue& value);
Result<std::string> signature_of(const JsonValue& value);
Result<uint64_t> number_param(const JsonValue& params, size_t index);

/// What the configuration objects of most methods have in common.
struct SvmConfig {
  Commitment commitment = Commitment::kFinalized;
  std::optional<uint64_t> slot_min;  ///< `minContextSlot`
  SvmForm form;
};
/// An absent one is all defaults; a plain string is taken for the encoding, as nodes do.
Result<SvmConfig> config_param(const JsonValue& params, size_t index,
                               SvmEncoding encoding = SvmEncoding::kBinary);

/// The bytes of a transaction or message in base58 or base64.
Result<std::string> encoded_param(const JsonValue& params, size_t index, SvmEncoding encoding);

/// Does an account pass the `filters` of getProgramAccounts? Errors: an unknown filter.
Result<bool> passes_filters(const JsonValue& filters, const SvmAccount& account);

}  // namespace sidecar

#include <algorithm>

#include "mock/svm_methods.h"
#include "rpc/byte_text.h"
#include "rpc/rpc_error.h"

// SvmMethods about accounts and tokens.

namespace sidecar {

namespace {

constexpr size_t kAccountsMax = 100;
constexpr size_t kBase58BytesMax = 128;
constexpr uint64_t kPayloadBytesMax = 10u << 20;

/// Base58 is refused for long payloads, as it takes time by the square of the length.
std::optional<MethodReply> encoding_fault(const SvmConfig& config, const SvmAccount& account) {
  const bool is_base58 =
      config.form.encoding == SvmEncoding::kBase58 || config.form.encoding == SvmEncoding::kBinary;
  const uint64_t rest =
      account.payload.size() - std::min<uint64_t>(config.form.slice.offset, account.payload.size());
  if (is_base58 && std::min(rest, config.form.slice.length) > kBase58BytesMax) {
    return MethodReply::error(kInvalidRequestCode,
                              "Encoded binary (base 58) data should be less than 128 bytes, please "
                              "use Base64 encoding.");
  }
  return std::nullopt;
}

struct KeyedAccount {
  std::string key;
  SvmAccount account;
};

void write_keyed(JsonWriter& writer, const SvmAccounts& accounts, const SvmConfig& config,
                 const std::vector<KeyedAccount>& list) {
  writer.begin_array();
  for (const KeyedAccount& each : list) {
    writer.begin_object().key("account");
    write_svm_account(writer, accounts, each.key, each.account, config.form);
    writer.key("pubkey").string(to_base58(each.key)).end_object();
  }
  writer.end_array();
}

}  // namespace

MethodReply SvmMethods::balance(const JsonValue& params, Millis now) {
  const auto key = key_param(params, 0);
  if (!key.ok()) {
    return MethodReply::invalid_params(key.error().detail);
  }
  const SvmContext context = svm_context(chain_, params, 1, now);
  if (context.refusal) {
    return *context.refusal;
  }
  const auto account = accounts_.find(key.value(), context.slot);
  return svm_reply_in_context(context.slot, [&account](JsonWriter& writer) {
    writer.number(account ? account->lamports : 0);
  });
}

MethodReply SvmMethods::account_info(const JsonValue& params, Millis now) {
  const auto key = key_param(params, 0);
  if (!key.ok()) {
    return MethodReply::invalid_params(key.error().detail);
  }
  const SvmContext context = svm_context(chain_, params, 1, now);
  if (context.refusal) {
    return *context.refusal;
  }
  const auto account = accounts_.find(key.value(), context.slot);
  if (account) {
    if (const auto fault = encoding_fault(context.config, *account)) {
      return *fault;
    }
  }
  return svm_reply_in_context(context.slot, [&](JsonWriter& writer) {
    if (!account) {
      writer.null();
      return;
    }
    write_svm_account(writer, accounts_, key.value(), *account, context.config.form);
  });
}

MethodReply SvmMethods::multiple_accounts(const JsonValue& params, Millis now) {
  const JsonValue& keys = params.at(0);
  if (!keys.is_array() || keys.size() > kAccountsMax) {
    return MethodReply::invalid_params("Too many inputs provided; max 100");
  }
  const SvmContext context = svm_context(chain_, params, 1, now, SvmEncoding::kBase64);
  if (context.refusal) {
    return *context.refusal;
  }
  std::vector<std::pair<std::string, std::optional<SvmAccount>>> found;
  for (const JsonValue& item : keys.items()) {
    const auto key = key_of(item);
    if (!key.ok()) {
      return MethodReply::invalid_params(key.error().detail);
    }
    found.emplace_back(key.value(), accounts_.find(key.value(), context.slot));
    if (found.back().second) {
      if (const auto fault = encoding_fault(context.config, *found.back().second)) {
        return *fault;
      }
    }
  }
  return svm_reply_in_context(context.slot, [&](JsonWriter& writer) {
    writer.begin_array();
    for (const auto& [key, account] : found) {
      if (account) {
        write_svm_account(writer, accounts_, key, *account, context.config.form);
      } else {
        writer.null();
      }
    }
    writer.end_array();
  });
}

MethodReply SvmMethods::program_accounts(const JsonValue& params, Millis now) {
  const auto program = key_param(params, 0);
  if (!program.ok()) {
    return MethodReply::invalid_params(program.error().detail);
  }
  const SvmContext context = svm_context(chain_, params, 1, now);
  if (context.refusal) {
    return *context.refusal;
  }
  std::vector<KeyedAccount> chosen;
  for (const std::string& key : accounts_.owned_by(program.value())) {
    SvmAccount account = *accounts_.find(key, context.slot);
    const auto passes = passes_filters(params.at(1)["filters"], account);
    if (!passes.ok()) {
      return MethodReply::invalid_params(passes.error().detail);
    }
    if (!passes.value()) {
      continue;
    }
    if (const auto fault = encoding_fault(context.config, account)) {
      return *fault;
    }
    chosen.push_back({key, std::move(account)});
  }
  if (params.at(1)["withContext"].as_bool().value_or(false)) {
    return svm_reply_in_context(context.slot, [&](JsonWriter& writer) {
      write_keyed(writer, accounts_, context.config, chosen);
    });
  }
  MethodReply reply;
  JsonWriter writer(reply.json);
  write_keyed(writer, accounts_, context.config, chosen);
  return reply;
}

MethodReply SvmMethods::token_accounts_by_owner(const JsonValue& params, Millis now) {
  const auto owner = key_param(params, 0);
  const JsonValue& filter = params.at(1);
  const bool is_by_mint = filter.has("mint");
  const auto wanted = key_of(is_by_mint ? filter["mint"] : filter["programId"]);
  if (!owner.ok() || !wanted.ok()) {
    return MethodReply::invalid_params(owner.ok() ? wanted.error().detail : owner.error().detail);
  }
  if (is_by_mint && accounts_.mint(wanted.value()) == nullptr) {
    return MethodReply::invalid_params("Invalid param: could not find mint");
  }
  const SvmContext context = svm_context(chain_, params, 2, now);
  if (context.refusal) {
    return *context.refusal;
  }
  std::vector<KeyedAccount> chosen;
  for (const SvmTokenAccount& each : accounts_.token_accounts()) {
    if (each.owner != owner.value() ||
        (is_by_mint ? each.mint : token_program()) != wanted.value()) {
      continue;
    }
    chosen.push_back({each.key, *accounts_.find(each.key, context.slot)});
    if (const auto fault = encoding_fault(context.config, chosen.back().account)) {
      return *fault;
    }
  }
  return svm_reply_in_context(context.slot, [&](JsonWriter& writer) {
    write_keyed(writer, accounts_, context.config, chosen);
  });
}

MethodReply SvmMethods::token_account_balance(const JsonValue& params, Millis now) {
  const auto key = key_param(params, 0);
  if (!key.ok()) {
    return MethodReply::invalid_params(key.error().detail);
  }
  const SvmContext context = svm_context(chain_, params, 1, now);
  if (context.refusal) {
    return *context.refusal;
  }
  const SvmTokenAccount* account = accounts_.token_account(key.value());
  if (account == nullptr) {
    return MethodReply::invalid_params("Invalid param: could not find account");
  }
  return svm_reply_in_context(context.slot, [this, account](JsonWriter& writer) {
    write_token_amount(writer, account->amount, accounts_.mint(account->mint)->decimals);
  });
}

MethodReply SvmMethods::token_supply(const JsonValue& params, Millis now) {
  const auto key = key_param(params, 0);
  if (!key.ok()) {
    return MethodReply::invalid_params(key.error().detail);
  }
  const SvmContext context = svm_context(chain_, params, 1, now);
  if (context.refusal) {
    return *context.refusal;
  }
  const SvmMint* mint = accounts_.mint(key.value());
  if (mint == nullptr) {
    return MethodReply::invalid_params("Invalid param: could not find mint");
  }
  return svm_reply_in_context(context.slot, [mint](JsonWriter& writer) {
    write_token_amount(writer, mint->supply, mint->decimals);
  });
}

MethodReply SvmMethods::rent_exemption(const JsonValue& params, Millis) {
  const auto bytes = number_param(params, 0);
  if (!bytes.ok()) {
    return MethodReply::invalid_params(bytes.error().detail);
  }
  const uint64_t size = std::min(bytes.value(), kPayloadBytesMax);
  return MethodReply::result(std::to_string(rent_exempt_lamports(size)));
}

}  // namespace sidecar

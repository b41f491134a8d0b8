#include "rpc/svm_event_facts.h"

#include <array>
#include <functional>

#include "rpc/json_text.h"
#include "rpc/json_walk.h"

namespace sidecar {

namespace {

/// What an account that is not there counts as.
constexpr uint64_t kGoneDigest = 0;
/// The system program: whose accounts are that nobody else's are.
constexpr std::string_view kSystemProgram = "11111111111111111111111111111111";
constexpr std::array<std::string_view, 3> kCommitments{"processed", "confirmed", "finalized"};

uint64_t mixed(uint64_t digest, std::string_view text) {
  constexpr uint64_t kGolden = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio: bits of sums spread
  return digest ^ (std::hash<std::string_view>()(text) + kGolden + (digest << 6) + (digest >> 2));
}

}  // namespace

std::optional<SvmEvent> svm_event(std::string_view text) {
  std::optional<uint64_t> slot;
  SvmEvent event;
  JsonWalk walk(text);
  while ((!slot || event.value.empty()) && walk.next()) {
    if (walk.key() == "context") {
      slot = to_uint64(json_member(walk.value(), "slot"));
    } else if (walk.key() == "value") {
      event.value = walk.value();
    }
  }
  if (!slot || event.value.empty()) {
    return std::nullopt;
  }
  event.slot = *slot;
  return event;
}

std::string svm_event_text(uint64_t slot, std::string_view value) {
  std::string text = R"({"context":{"slot":)";
  append_decimal(text, slot);
  text.append(R"(},"value":)").append(value);
  return text += '}';
}

uint64_t svm_account_digest(std::string_view account) {
  if (account == "null") {
    return kGoneDigest;
  }
  if (json_first_byte(account) != '{') {
    return mixed(1, account);
  }
  std::string_view lamports;
  std::string_view content;
  std::string_view owner;
  std::string_view executable;
  JsonWalk walk(account);
  while (walk.next()) {
    if (walk.key() == "lamports") {
      lamports = walk.value();
    } else if (walk.key() == "data") {
      content = walk.value();
    } else if (walk.key() == "owner") {
      owner = walk.value();
    } else if (walk.key() == "executable") {
      executable = walk.value();
    }
  }
  if (lamports == "0") {
    return kGoneDigest;
  }
  return mixed(mixed(mixed(mixed(1, lamports), content), owner), executable);
}

std::string svm_gone_account(std::string_view encoding) {
  std::string content = R"(["","base64"])";  // jsonParsed falls back to it
  if (encoding.empty() || encoding == "binary") {
    content = R"("")";
  } else if (encoding == "base58") {
    content = R"(["","base58"])";
  } else if (encoding == "base64+zstd") {
    content = R"(["KLUv/QBYAQAA","base64+zstd"])";  // a zstd frame of nothing
  }
  std::string text = R"({"lamports":0,"data":)" + content + R"(,"owner":")";
  text.append(kSystemProgram);
  return text += R"(","executable":false,"rentEpoch":0,"space":0})";
}

std::optional<SvmKeyedAccount> svm_keyed_account(std::string_view value) {
  SvmKeyedAccount keyed;
  JsonWalk walk(value);
  while ((keyed.pubkey.empty() || keyed.account.empty()) && walk.next()) {
    if (walk.key() == "pubkey") {
      keyed.pubkey = json_plain_string(walk.value());
    } else if (walk.key() == "account") {
      keyed.account = walk.value();
    }
  }
  return keyed.pubkey.empty() || keyed.account.empty() ? std::nullopt : std::optional(keyed);
}

std::string_view svm_signature(std::string_view value) {
  return json_plain_string(json_member(value, "signature"));
}

std::optional<std::vector<SvmSignatureRow>> svm_signature_rows(std::string_view result) {
  if (json_first_byte(result) != '[') {
    return std::nullopt;
  }
  std::vector<SvmSignatureRow> rows;
  JsonWalk walk(result);
  while (walk.next()) {
    const auto slot = to_uint64(json_member(walk.value(), "slot"));
    const std::string_view signature = svm_signature(walk.value());
    if (!slot || signature.empty()) {
      return std::nullopt;
    }
    rows.push_back({*slot, std::string(signature)});
  }
  return rows;
}

std::optional<std::string> svm_logs_value(std::string_view signature,
                                          std::string_view transaction) {
  const std::string_view meta = json_member(transaction, "meta");
  const std::string_view err = json_member(meta, "err");
  if (err.empty()) {
    return std::nullopt;
  }
  const std::string_view logs = json_member(meta, "logMessages");
  std::string text = R"({"signature":")";
  text.append(signature).append(R"(","err":)").append(err);
  text.append(R"(,"logs":)").append(json_first_byte(logs) == '[' ? logs : "[]");
  return text += '}';
}

int svm_commitment_rank(std::string_view commitment) {
  return commitment == kCommitments[0] ? 0 : commitment == kCommitments[1] ? 1 : 2;
}

std::optional<SvmStatus> svm_status(std::string_view result) {
  const std::string_view list = json_member(result, "value");
  const std::string_view row = json_first_element(list);
  SvmStatus status;
  if (json_first_byte(list) != '[') {
    return std::nullopt;
  }
  if (row == "null") {
    return status;
  }
  std::optional<uint64_t> slot;
  std::string_view named;
  std::string_view confirmations;
  JsonWalk walk(row);
  while (walk.next()) {
    if (walk.key() == "slot") {
      slot = to_uint64(walk.value());
    } else if (walk.key() == "err") {
      status.err = walk.value();
    } else if (walk.key() == "confirmationStatus") {
      named = json_plain_string(walk.value());
    } else if (walk.key() == "confirmations") {
      confirmations = walk.value();
    }
  }
  if (!slot || status.err.empty()) {
    return std::nullopt;
  }
  // Nodes of old write no confirmationStatus; to have no count of confirmations is to be rooted.
  const int unnamed_rank = confirmations == "null" ? 2 : 0;
  status.is_found = true;
  status.slot = *slot;
  status.rank = named.empty() ? unnamed_rank : svm_commitment_rank(named);
  return status;
}

std::optional<SvmSlot> svm_slot(std::string_view value) {
  std::optional<uint64_t> slot;
  std::optional<uint64_t> parent;
  JsonWalk walk(value);
  while ((!slot || !parent) && walk.next()) {
    if (walk.key() == "slot") {
      slot = to_uint64(walk.value());
    } else if (walk.key() == "parent") {
      parent = to_uint64(walk.value());
    }
  }
  return slot && parent ? std::optional(SvmSlot{*slot, *parent}) : std::nullopt;
}

std::optional<std::vector<uint64_t>> svm_slot_list(std::string_view result, uint64_t from,
                                                   uint64_t to) {
  if (json_first_byte(result) != '[') {
    return std::nullopt;
  }
  std::vector<uint64_t> slots;
  JsonWalk walk(result);
  while (walk.next()) {
    const auto slot = to_uint64(walk.value());
    const uint64_t least = slots.empty() ? from : slots.back() + 1;
    if (!slot || *slot < least || *slot > to) {
      return std::nullopt;
    }
    slots.push_back(*slot);
  }
  return slots;
}

std::string svm_timeless(std::string_view value) {
  std::string text;
  JsonWalk walk(value);
  while (walk.next()) {
    if (walk.key() != "timestamp") {
      text.append(walk.key()).append(":").append(walk.value()).append(",");
    }
  }
  return text.empty() ? std::string(value) : text;
}

}  // namespace sidecar

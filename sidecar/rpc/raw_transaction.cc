#include "rpc/raw_transaction.h"

#include <cstddef>
#include <cstdint>

#include "rpc/byte_text.h"
#include "rpc/json_walk.h"
#include "rpc/keccak.h"
#include "rpc/rlp.h"
#include "rpc/svm_wire.h"

namespace sidecar {
namespace {

constexpr char kBlobType = 3;
constexpr size_t kTypeBytes = 1;
constexpr size_t kPrefixChars = 2;  // 0x
// A type byte and the heads of two lists, with up to four bytes of length each.
constexpr size_t kHeadsBytesMax = kTypeBytes + 2 * 5;

constexpr size_t kSignatureBytes = 64;
constexpr size_t kKeyBytes = 32;
constexpr size_t kMessageHeaderBytes = 3;
constexpr uint8_t kVersionBit = 0x80;  // of a message: a version is given
// Twice what fits one packet of the network, so that a longer format to come is still read.
constexpr size_t kSvmTextCharsMax = 4'096;

/// EIP-2718: 0xc0 and above begins the list of a legacy transaction, below 0x80 is a type.
bool begins_transaction(uint8_t first) {
  return first < 0x80 || first >= 0xc0;
}

/// A part of the raw bytes.
struct Slice {
  size_t begin;
  size_t size;
};

/// The fields of a blob transaction when its blobs follow them in an outer list.
std::optional<Slice> fields_before_blobs(std::string_view beginning) {
  const std::string_view list = beginning.substr(kTypeBytes);
  const auto outer = read_rlp_head(list);
  if (beginning[0] != kBlobType || !outer || !outer->is_list || list.size() < outer->head_bytes) {
    return std::nullopt;
  }
  const auto inner = read_rlp_head(list.substr(outer->head_bytes));
  // Without blobs the first item is the chain's id, which is no list.
  if (!inner || !inner->is_list) {
    return std::nullopt;
  }
  return Slice{kTypeBytes + outer->head_bytes, inner->head_bytes + inner->body_bytes};
}

std::optional<std::string> wire_of(std::string_view text, std::string_view config) {
  if (text.empty() || text.size() > kSvmTextCharsMax) {
    return std::nullopt;
  }
  const std::string_view encoding = json_plain_string(json_member(config, "encoding"));
  return encoding == "base64" ? from_base64(text) : from_base58(text);
}

}  // namespace

std::optional<std::string> evm_transaction_hash(std::string_view params) {
  const std::string_view text = json_plain_string(json_first_element(params));
  const auto beginning = from_hex(text.substr(0, kPrefixChars + 2 * kHeadsBytesMax));
  if (!beginning || beginning->empty() || text.size() % 2 != 0 ||
      !begins_transaction(static_cast<uint8_t>((*beginning)[0]))) {
    return std::nullopt;
  }
  const auto fields = fields_before_blobs(*beginning);
  if (!fields) {
    const auto bytes = from_hex(text);
    return bytes ? std::optional(to_hex(keccak256(*bytes))) : std::nullopt;
  }
  const std::string_view digits = text.substr(kPrefixChars);
  if (digits.size() / 2 < fields->begin + fields->size) {
    return std::nullopt;
  }
  std::string hashed(text.substr(0, kPrefixChars + 2 * kTypeBytes));
  hashed += digits.substr(2 * fields->begin, 2 * fields->size);
  const auto bytes = from_hex(hashed);
  return bytes ? std::optional(to_hex(keccak256(*bytes))) : std::nullopt;
}

std::optional<SvmTransactionFacts> svm_transaction_facts(std::string_view params) {
  JsonWalk walk(params);
  const std::string_view text = walk.next() ? json_plain_string(walk.value()) : std::string_view();
  const auto wire = wire_of(text, walk.next() ? walk.value() : std::string_view());
  if (!wire) {
    return std::nullopt;
  }
  SvmWireReader reader{*wire};
  const size_t signature_count = reader.count();
  const std::string_view signatures = reader.take(signature_count * kSignatureBytes);
  const bool is_versioned =
      !reader.rest.empty() && (static_cast<uint8_t>(reader.rest[0]) & kVersionBit) != 0;
  reader.take((is_versioned ? 1 : 0) + kMessageHeaderBytes);
  const size_t key_count = reader.count();
  reader.take(key_count * kKeyBytes);
  const std::string_view blockhash = reader.take(kKeyBytes);
  if (!reader.is_sound || signature_count == 0) {
    return std::nullopt;
  }
  return SvmTransactionFacts{to_base58(signatures.substr(0, kSignatureBytes)),
                             to_base58(blockhash)};
}

std::optional<std::string> blockhash_in(std::string_view result) {
  const std::string_view blockhash =
      json_plain_string(json_member(json_member(result, "value"), "blockhash"));
  return blockhash.empty() ? std::nullopt : std::optional(std::string(blockhash));
}

}  // namespace sidecar

#include "mock/mock_fault.h"

#include <algorithm>
#include <array>

#include "mock/named_errors.h"
#include "rpc/json_writer.h"

namespace sidecar {

namespace {

using Kind = MockFaultKind;

constexpr std::array<std::string_view, kMockFaultKindCount> kNames{
    "refuse",         "blackhole",
    "latency",        "trickle",
    "reset",          "truncate",
    "html",           "http_status",
    "garbage",        "rpc_error",
    "wrong_id",       "lag",
    "stuck",          "fork",
    "wrong_chain",    "null_recent",
    "syncing",        "ws_close",
    "ws_reset",       "ws_refuse",
    "ws_silent",      "missed_heads",
    "duplicate",      "reorder",
    "late_subscribe", "subscription_limit",
    "ws_unsupported"};

constexpr uint64_t kWaitMsMax = 10 * 60 * 1'000;
constexpr uint64_t kBlocksMax = 1'000'000'000;
constexpr uint64_t kBodyBytesMax = 1u << 20;
constexpr size_t kMethodsMax = 64;
constexpr uint64_t kBlocksBehind = 1'000;  // of a node that syncs, unless it is said
constexpr std::string_view kPage =
    "<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head>\n"
    "<body><h1>Checking your browser</h1></body></html>\n";

/// Reads a fault's keys and remembers the first that is wrong.
class FaultKeys {
 public:
  FaultKeys(const JsonValue& value, const std::string& where) : value_(value), where_(where) {}

  const JsonValue& get(std::string_view key) {
    known_.push_back(key);
    return value_[key];
  }
  bool has(std::string_view key) { return !get(key).is_null(); }
  void fail(std::string_view key, std::string_view what) {
    if (!error_) {
      error_ = Error{Errc::kInvalid, where_ + "." + std::string(key) + ": " + std::string(what)};
    }
  }
  std::optional<uint64_t> number(std::string_view key, uint64_t min, uint64_t max) {
    const JsonValue& value = get(key);
    const auto number = value.as_uint64();
    if (!value.is_null() && (!number || *number < min || *number > max)) {
      fail(key, "want a number from " + std::to_string(min) + " to " + std::to_string(max));
    }
    return number;
  }
  uint64_t required(std::string_view key, uint64_t min, uint64_t max) {
    const auto found = number(key, min, max);
    if (!found) {
      fail(key,
           "must be given, a number from " + std::to_string(min) + " to " + std::to_string(max));
    }
    return found.value_or(min);
  }
  std::optional<std::string> text(std::string_view key) {
    const JsonValue& value = get(key);
    const auto text = value.as_string();
    if (!value.is_null() && !text) {
      fail(key, "want a text");
    }
    return text ? std::optional(std::string(*text)) : std::nullopt;
  }
  bool flag(std::string_view key, bool fallback) {
    const JsonValue& value = get(key);
    if (!value.is_null() && !value.as_bool()) {
      fail(key, "want true or false");
    }
    return value.as_bool().value_or(fallback);
  }
  /// The first thing that was wrong; last of all a key that nobody asked for.
  std::optional<Error> error() {
    for (const auto& [key, ignored] : value_.members()) {
      if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        std::string list;
        for (const std::string_view each : known_) {
          list += (list.empty() ? "" : ", ") + std::string(each);
        }
        fail(key, "no such key; " + std::string(value_["kind"].as_string().value_or("it")) +
                      " takes " + list);
      }
    }
    return error_;
  }

 private:
  const JsonValue& value_;
  const std::string& where_;
  std::vector<std::string_view> known_;
  std::optional<Error> error_;
};

void read_share(FaultKeys& keys, MockFault& fault) {
  const JsonValue& rate = keys.get("rate");
  fault.rate = rate.as_double().value_or(1);
  if (!rate.is_null() && (!rate.as_double() || !(fault.rate >= 0 && fault.rate <= 1))) {
    keys.fail("rate", "want a number from 0 to 1");
  }
  fault.count = keys.number("count", 1, UINT32_MAX);
  const JsonValue& methods = keys.get("methods");
  if (!methods.is_null() && (!methods.is_array() || methods.size() > kMethodsMax)) {
    keys.fail("methods", "want a list of at most 64 method names, `*` and `?` allowed");
  }
  for (const JsonValue& method : methods.items()) {
    const auto glob = method.as_string();
    if (!glob) {
      keys.fail("methods", "want method names, `*` and `?` allowed");
      return;
    }
    fault.methods.emplace_back(*glob);
  }
}

void read_waits(FaultKeys& keys, MockFault& fault) {
  fault.wait_min = Millis(keys.number("min_ms", 0, kWaitMsMax).value_or(0));
  const auto max = keys.number("max_ms", 0, kWaitMsMax);
  fault.wait_max = max ? Millis(*max) : fault.wait_min;
  if (fault.wait_max < fault.wait_min) {
    keys.fail("max_ms", "is below min_ms");
  } else if (fault.wait_max == Millis(0)) {
    keys.fail("max_ms", "min_ms or max_ms must be given");
  }
}

void read_status(FaultKeys& keys, MockFault& fault) {
  const bool is_page = fault.kind == Kind::kHtml;
  fault.status = static_cast<int>(is_page ? keys.number("status", 200, 599).value_or(200)
                                          : keys.required("status", 200, 599));
  const auto body = keys.text("body");
  const std::string_view fallback = is_page ? kPage : "the mock was told to answer so\n";
  fault.body = body.value_or(std::string(fallback));
  const bool is_json = fault.body.starts_with('{') || fault.body.starts_with('[');
  fault.content_type = is_page ? "text/html" : is_json ? "application/json" : "text/plain";
  if (fault.body.size() > kBodyBytesMax) {
    keys.fail("body", "at most 1048576 bytes");
  }
  if (fault.status == 204 && !fault.body.empty()) {
    keys.fail("status", "204 has no body");
  }
  fault.retry_after = keys.text("retry_after");
  if (fault.retry_after && fault.retry_after->find_first_of("\r\n") != std::string::npos) {
    keys.fail("retry_after", "want one line, seconds or a date");
  }
}

void read_error(FaultKeys& keys, MockFault& fault) {
  const auto name = keys.text("name");
  const NamedError* named = name ? find_named_error(*name) : nullptr;
  if (name && named == nullptr) {
    std::string list;
    for (const NamedError& each : named_errors()) {
      list += (list.empty() ? "" : ", ") + std::string(each.name);
    }
    keys.fail("name", "no such error; there are " + list);
  }
  const auto code = keys.get("code").as_int64();
  if ((keys.has("code") && !code) || (!keys.has("code") && named == nullptr)) {
    keys.fail("code", "want a number, or the name of an error");
  }
  const auto message = keys.text("message");
  fault.status = static_cast<int>(
      keys.number("status", 200, 599)
          .value_or(named == nullptr ? 200 : static_cast<uint64_t>(named->status)));
  JsonWriter writer(fault.error);
  writer.begin_object().key("code").signed_number(code.value_or(named ? named->code : 0));
  writer.key("message").string(message ? *message : named ? named->message : "injected error");
  std::string data(named ? named->data : "");
  if (keys.has("data")) {
    data.clear();
    keys.get("data").write(data);
  }
  if (!data.empty()) {
    writer.key("data").raw(data);
  }
  writer.end_object();
}

void read_fork(FaultKeys& keys, MockFault& fault) {
  fault.from = keys.number("from", 1, kBlocksMax);
  fault.depth = keys.number("depth", 0, kBlocksMax);
  fault.branch = keys.number("branch", 1, UINT32_MAX).value_or(1);
  if (fault.from.has_value() == fault.depth.has_value()) {
    keys.fail("from", "either from (a block number) or depth (below the head) must be given");
  }
}

/// Those of WebSockets.
void read_socket_kind(FaultKeys& keys, MockFault& fault) {
  switch (fault.kind) {
    case Kind::kWsClose:
      fault.code = static_cast<uint16_t>(keys.number("code", 1'000, 4'999).value_or(fault.code));
      [[fallthrough]];
    case Kind::kWsReset:
      fault.after_events = keys.number("after_events", 1, UINT32_MAX).value_or(1);
      return;
    case Kind::kWsRefuse:
      fault.status = static_cast<int>(keys.number("status", 400, 599).value_or(503));
      return;
    case Kind::kWsSilent:
      fault.is_answering = keys.flag("answers", true);
      return;
    case Kind::kMissedHeads:
      fault.every = keys.required("every", 1, UINT32_MAX);
      return;
    case Kind::kReorder: {
      const auto how = keys.text("how").value_or("shuffle");
      fault.is_swap = how == "swap";
      if (how != "shuffle" && how != "swap") {
        keys.fail("how", "want shuffle (within a block) or swap (with the next)");
      }
      return;
    }
    case Kind::kLateSubscribe:
      fault.wait_min = Millis(keys.required("ms", 1, kWaitMsMax));
      fault.is_early = keys.flag("events_first", true);
      return;
    case Kind::kSubscriptionLimit:
      fault.limit = keys.required("limit", 0, UINT32_MAX);
      return;
    default:  // the others take no keys of their own
      return;
  }
}

void read_kind(FaultKeys& keys, MockFault& fault) {
  switch (fault.kind) {
    case Kind::kRefuse:
    case Kind::kGarbage:
    case Kind::kWrongId:
    case Kind::kStuck:
      return;
    case Kind::kBlackhole:
      fault.is_carried_out = keys.flag("carried_out", true);
      return;
    case Kind::kLatency:
      return read_waits(keys, fault);
    case Kind::kTrickle:
      fault.drop_bytes = keys.required("bytes", 1, kBodyBytesMax);
      fault.wait_min = Millis(keys.required("every_ms", 1, kWaitMsMax));
      return;
    case Kind::kReset:
      fault.is_carried_out = keys.flag("carried_out", true);
      fault.after_bytes = keys.number("after_bytes", 0, kBodyBytesMax);
      return;
    case Kind::kTruncate:
      fault.after_bytes = keys.number("after_bytes", 0, kBodyBytesMax);
      return;
    case Kind::kHtml:
    case Kind::kHttpStatus:
      return read_status(keys, fault);
    case Kind::kRpcError:
      return read_error(keys, fault);
    case Kind::kLag:
    case Kind::kNullRecent:
      fault.blocks = keys.required("blocks", 1, kBlocksMax);
      return;
    case Kind::kFork:
      return read_fork(keys, fault);
    case Kind::kWrongChain:
      fault.chain_id = keys.number("chain_id", 0, UINT64_MAX);
      return;
    case Kind::kSyncing:
      fault.blocks = keys.number("blocks", 1, kBlocksMax).value_or(kBlocksBehind);
      return;
    case Kind::kWsClose:
    case Kind::kWsReset:
    case Kind::kWsRefuse:
    case Kind::kWsSilent:
    case Kind::kMissedHeads:
    case Kind::kDuplicate:
    case Kind::kReorder:
    case Kind::kLateSubscribe:
    case Kind::kSubscriptionLimit:
    case Kind::kWsUnsupported:
      return read_socket_kind(keys, fault);
  }
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::string_view mock_fault_name(MockFaultKind kind) {
  return kNames[static_cast<size_t>(kind)];
}

std::optional<MockFaultKind> mock_fault_kind_of(std::string_view name) {
  const auto* found = std::find(kNames.begin(), kNames.end(), name);
  return found == kNames.end() ? std::nullopt
                               : std::optional(static_cast<Kind>(found - kNames.begin()));
}

Result<MockFault> parse_mock_fault(const JsonValue& value, const std::string& where) {
  if (!value.is_object()) {
    return Error{Errc::kInvalid, where + ": want an object such as {\"kind\":\"blackhole\"}"};
  }
  FaultKeys keys(value, where);
  const auto kind = mock_fault_kind_of(keys.get("kind").as_string().value_or(""));
  if (!kind) {
    std::string list;
    for (const std::string_view each : kNames) {
      list += (list.empty() ? "" : ", ") + std::string(each);
    }
    return Error{Errc::kInvalid, where + ".kind: want one of " + list};
  }
  MockFault fault;
  fault.kind = *kind;
  read_kind(keys, fault);
  if (fault.kind != Kind::kRefuse) {
    read_share(keys, fault);
  }
  if (auto error = keys.error()) {
    return std::move(*error);
  }
  value.write(fault.text);
  return fault;
}

bool MockFault::concerns(std::string_view method) const {
  const bool is_about_chain = kind != Kind::kWrongChain ||
                              is_one_of(method, {"eth_chainId", "net_version", "getGenesisHash"});
  const bool is_about_health =
      kind != Kind::kSyncing || is_one_of(method, {"eth_syncing", "getHealth"});
  const bool is_about_heads =
      kind != Kind::kMissedHeads || !methods.empty() || is_one_of(method, {"newHeads", "slot"});
  const bool is_wanted = methods.empty() || std::any_of(methods.begin(), methods.end(),
                                                        [method](const std::string& glob) {
                                                          return matches_glob(glob, method);
                                                        });
  return is_about_chain && is_about_health && is_about_heads && is_wanted;
}

/// In linear time but for the last `*`, which is all that has to be gone back to.
bool matches_glob(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t]) && pattern[p] != '*') {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace sidecar

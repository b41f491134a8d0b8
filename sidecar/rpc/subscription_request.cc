#include "rpc/subscription_request.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "rpc/json_value.h"
#include "rpc/json_writer.h"

namespace sidecar {

namespace {

constexpr size_t kDepthMax = 16;

struct KindName {
  FeedKind kind;
  std::string_view name;  ///< as metrics and logs call it
};
constexpr std::array<KindName, kFeedKindCount> kKinds{
    {{FeedKind::kHeads, "newHeads"},
     {FeedKind::kLogs, "logs"},
     {FeedKind::kPendingHashes, "newPendingTransactions"},
     {FeedKind::kPendingTransactions, "pendingTransactions"},
     {FeedKind::kSyncing, "syncing"},
     {FeedKind::kAccount, "account"},
     {FeedKind::kProgram, "program"},
     {FeedKind::kSvmLogs, "svmLogs"},
     {FeedKind::kSignature, "signature"},
     {FeedKind::kSlot, "slot"},
     {FeedKind::kRoot, "root"},
     {FeedKind::kBlock, "block"},
     {FeedKind::kVote, "vote"},
     {FeedKind::kSlotsUpdates, "slotsUpdates"}}};

/// Solana's subscriptions: what their first param is, and whether a commitment belongs to them.
struct SvmRow {
  std::string_view method;
  FeedKind kind;
  bool has_subject;  ///< an account, a program, a signature, a filter
  bool has_commitment;
};
constexpr std::array<SvmRow, 9> kSvmRows{{
    {"accountSubscribe", FeedKind::kAccount, true, true},
    {"programSubscribe", FeedKind::kProgram, true, true},
    {"logsSubscribe", FeedKind::kSvmLogs, true, true},
    {"signatureSubscribe", FeedKind::kSignature, true, true},
    {"blockSubscribe", FeedKind::kBlock, true, true},
    {"slotSubscribe", FeedKind::kSlot, false, false},
    {"rootSubscribe", FeedKind::kRoot, false, false},
    {"voteSubscribe", FeedKind::kVote, false, false},
    {"slotsUpdatesSubscribe", FeedKind::kSlotsUpdates, false, false},
}};

Error refusal(std::string detail) {
  return Error{Errc::kInvalid, std::move(detail)};
}

bool is_too_deep(const JsonValue& value, size_t depth_left) {
  if (depth_left == 0) {
    return true;
  }
  const auto is_deep = [depth_left](const JsonValue& child) {
    return is_too_deep(child, depth_left - 1);
  };
  return std::any_of(value.items().begin(), value.items().end(), is_deep) ||
         std::any_of(
             value.members().begin(), value.members().end(),
             [&is_deep](const JsonValue::Member& member) { return is_deep(member.second); });
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// Members in the order of their names, all the way down.
void write_sorted(JsonWriter& writer, const JsonValue& value) {
  if (value.is_object()) {
    std::vector<const JsonValue::Member*> members;
    for (const JsonValue::Member& member : value.members()) {
      members.push_back(&member);
    }
    std::sort(members.begin(), members.end(),
              [](const auto* a, const auto* b) { return a->first < b->first; });
    writer.begin_object();
    for (const JsonValue::Member* member : members) {
      writer.key(member->first);
      write_sorted(writer, member->second);
    }
    writer.end_object();
  } else if (value.is_array()) {
    writer.begin_array();
    for (const JsonValue& item : value.items()) {
      write_sorted(writer, item);
    }
    writer.end_array();
  } else {
    std::string text;
    value.write(text);
    writer.raw(text);
  }
}

/// One hex string or a list of them, as a list: lower case, sorted, each once. Nullopt for anything
/// else.
std::optional<std::vector<std::string>> hex_list(const JsonValue& value) {
  std::vector<std::string> list;
  const auto add = [&list](const JsonValue& item) {
    const auto text = item.as_string();
    list.push_back(lower(text.value_or("")));
    return text && text->starts_with("0x");
  };
  if (!value.is_array()) {
    return add(value) ? std::optional(list) : std::nullopt;
  }
  if (!std::all_of(value.items().begin(), value.items().end(), add)) {
    return std::nullopt;
  }
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

void write_list(JsonWriter& writer, const std::vector<std::string>& list) {
  writer.begin_array();
  for (const std::string& item : list) {
    writer.string(item);
  }
  writer.end_array();
}

/// Block bounds say nothing here: a subscription begins now.
Result<std::string> log_filter(const JsonValue& filter) {
  if (!filter.is_null() && !filter.is_object()) {
    return refusal("the filter of a logs subscription must be an object");
  }
  std::string text;
  JsonWriter writer(text);
  writer.begin_object();
  const JsonValue& address = filter["address"];
  if (!address.is_null() && !(address.is_array() && address.size() == 0)) {
    const auto list = hex_list(address);
    if (!list) {
      return refusal("address must be a 0x string or a list of them");
    }
    writer.key("address");
    write_list(writer, *list);
  }
  const JsonValue& topics = filter["topics"];
  if (!topics.is_null() && !topics.is_array()) {
    return refusal("topics must be a list");
  }
  if (topics.size() > 0) {
    writer.key("topics").begin_array();
    for (const JsonValue& topic : topics.items()) {
      const bool is_any = topic.is_null() || (topic.is_array() && topic.size() == 0);
      const auto list = is_any ? std::nullopt : hex_list(topic);
      if (is_any) {
        writer.null();
      } else if (!list) {
        return refusal("a topic must be null, a 0x string or a list of them");
      } else if (list->size() == 1) {
        writer.string(list->front());
      } else {
        write_list(writer, *list);
      }
    }
    writer.end_array();
  }
  writer.end_object();
  return text;
}

Result<FeedSpec> evm_spec(const JsonValue& params) {
  const auto name = params.at(0).as_string();
  if (!name) {
    return refusal("eth_subscribe needs the kind of subscription as its first param");
  }
  FeedSpec spec;
  spec.method = "eth_subscribe";
  if (*name == "newHeads" || *name == "syncing") {
    spec.kind = *name == "newHeads" ? FeedKind::kHeads : FeedKind::kSyncing;
    spec.params = "[\"" + std::string(*name) + "\"]";
    return spec;
  }
  if (*name == "newPendingTransactions") {
    const bool is_full = params.at(1).as_bool().value_or(false);
    spec.kind = is_full ? FeedKind::kPendingTransactions : FeedKind::kPendingHashes;
    spec.params = is_full ? R"(["newPendingTransactions",true])" : R"(["newPendingTransactions"])";
    return spec;
  }
  if (*name == "logs") {
    auto filter = log_filter(params.at(1));
    if (!filter.ok()) {
      return filter.error();
    }
    spec.kind = FeedKind::kLogs;
    spec.params = "[\"logs\"," + filter.value() + "]";
    return spec;
  }
  return Error{Errc::kNotFound, "no such subscription: " + std::string(name->substr(0, 64)) +
                                    "; there are newHeads, logs, newPendingTransactions, syncing"};
}

/// The list of mentioned accounts has no order.
JsonValue with_sorted_mentions(const JsonValue& subject) {
  const JsonValue& mentions = subject["mentions"];
  if (!mentions.is_array() || subject.size() != 1) {
    return subject;
  }
  std::vector<std::string> list;
  for (const JsonValue& item : mentions.items()) {
    list.emplace_back(item.as_string().value_or(""));
  }
  std::sort(list.begin(), list.end());
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().key("mentions");
  write_list(writer, list);
  writer.end_object();
  return JsonValue::parse(text).value();
}

/// Members sorted, and the commitment written out: asking for the default is asking for nothing.
std::string svm_config(const JsonValue& config, bool has_commitment) {
  std::string text;
  JsonWriter writer(text);
  std::vector<const JsonValue::Member*> members;
  const JsonValue::Member commitment{"commitment", JsonValue::parse("\"finalized\"").value()};
  for (const JsonValue::Member& member : config.members()) {
    if (!member.second.is_null()) {
      members.push_back(&member);
    }
  }
  if (has_commitment && config["commitment"].is_null()) {
    members.push_back(&commitment);
  }
  std::sort(members.begin(), members.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  writer.begin_object();
  for (const JsonValue::Member* member : members) {
    writer.key(member->first);
    write_sorted(writer, member->second);
  }
  writer.end_object();
  return text;
}

Result<FeedSpec> svm_spec(const SvmRow& row, const JsonValue& params) {
  FeedSpec spec;
  spec.kind = row.kind;
  spec.method = row.method;
  if (!row.has_subject) {
    spec.params = "[]";
    return spec;
  }
  const JsonValue& subject = params.at(0);
  if (subject.is_null()) {
    return refusal(std::string(row.method) + " needs a first param");
  }
  if (!params.at(1).is_null() && !params.at(1).is_object()) {
    return refusal("the second param of " + std::string(row.method) + " must be an object");
  }
  JsonWriter writer(spec.params);
  writer.begin_array();
  write_sorted(writer, with_sorted_mentions(subject));
  writer.raw(svm_config(params.at(1), row.has_commitment));
  writer.end_array();
  return spec;
}

constexpr std::string_view kSubscribe = "Subscribe";

}  // namespace

std::string_view feed_kind_name(FeedKind kind) {
  return kKinds[static_cast<size_t>(kind)].name;
}

Result<FeedSpec> feed_spec(std::string_view method, std::string_view params) {
  const auto parsed = JsonValue::parse(params.empty() ? "[]" : params);
  if (!parsed || !parsed->is_array() || is_too_deep(*parsed, kDepthMax)) {
    return refusal("params of " + std::string(method.substr(0, 64)) + " must be a short array");
  }
  if (method == "eth_subscribe") {
    return evm_spec(*parsed);
  }
  for (const SvmRow& row : kSvmRows) {
    if (row.method == method) {
      return svm_spec(row, *parsed);
    }
  }
  return Error{Errc::kNotFound, "no such subscription: " + std::string(method.substr(0, 64))};
}

bool is_subscribe_method(std::string_view method) {
  return method_row(method).is_subscription && !is_unsubscribe_method(method);
}

bool is_unsubscribe_method(std::string_view method) {
  return method_row(method).is_subscription && method.ends_with("nsubscribe");
}

std::string unsubscribe_method_of(std::string_view subscribe_method) {
  if (subscribe_method.ends_with(kSubscribe)) {
    return std::string(subscribe_method.substr(0, subscribe_method.size() - kSubscribe.size())) +
           "Unsubscribe";
  }
  return "eth_unsubscribe";
}

std::string notification_method_of(std::string_view subscribe_method) {
  if (subscribe_method.ends_with(kSubscribe)) {
    return std::string(subscribe_method.substr(0, subscribe_method.size() - kSubscribe.size())) +
           "Notification";
  }
  return "eth_subscription";
}

}  // namespace sidecar

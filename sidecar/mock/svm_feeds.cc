#include "mock/svm_feeds.h"

#include <algorithm>

#include "mock/svm_json.h"
#include "rpc/byte_text.h"

namespace sidecar {

namespace {

constexpr size_t kBase58BytesMax = 128;  // Agave writes longer data in base64 alone

template <class Write>
std::string json_of(const Write& write) {
  std::string text;
  JsonWriter writer(text);
  write(writer);
  return text;
}

/// `{"context":{"slot"},"value":...}`: notifications have no version in it.
template <class Write>
std::string in_context(uint64_t slot, const Write& write_value) {
  return json_of([&](JsonWriter& writer) {
    writer.begin_object().key("context").begin_object().key("slot").number(slot).end_object();
    writer.key("value");
    write_value(writer);
    writer.end_object();
  });
}

bool mentions(const SvmTransaction& transaction, const std::string& key) {
  const std::vector<std::string>& keys = transaction.message.keys;
  return key.empty() || std::find(keys.begin(), keys.end(), key) != keys.end();
}

SvmForm form_for(SvmForm form, const SvmAccount& account) {
  const bool is_base58 =
      form.encoding == SvmEncoding::kBase58 || form.encoding == SvmEncoding::kBinary;
  if (is_base58 && account.payload.size() > kBase58BytesMax) {
    form.encoding = SvmEncoding::kBase64;
  }
  return form;
}

/// What logs and blocks are chosen by: "all" or a single mention; nullopt for anything else.
std::optional<std::string> mention_of(const JsonValue& filter, std::string_view key) {
  const auto word = filter.as_string();
  if (word && (*word == "all" || *word == "allWithVotes")) {
    return std::string();
  }
  const JsonValue& mention = filter[key];
  const auto named = key_of(mention.is_array() && mention.size() == 1 ? mention.at(0) : mention);
  return named.ok() ? std::optional(named.value()) : std::nullopt;
}

}  // namespace

Result<SvmFeeds::Feed> SvmFeeds::read(std::string_view method, const JsonValue& params) const {
  Feed feed;
  const auto invalid = [](std::string text) { return Error{Errc::kInvalid, std::move(text)}; };
  if (method == "slotSubscribe" || method == "rootSubscribe" || method == "voteSubscribe" ||
      method == "slotsUpdatesSubscribe") {
    feed.kind = method == "slotSubscribe"   ? FeedKind::kSlot
                : method == "rootSubscribe" ? FeedKind::kRoot
                : method == "voteSubscribe" ? FeedKind::kVote
                                            : FeedKind::kSlotsUpdates;
    return feed;
  }
  auto config = config_param(params, 1);
  if (!config.ok()) {
    return config.error();
  }
  feed.config = config.value();
  feed.options = params.at(1);
  if (method == "accountSubscribe" || method == "programSubscribe") {
    feed.kind = method == "accountSubscribe" ? FeedKind::kAccount : FeedKind::kProgram;
    auto key = key_param(params, 0);
    if (!key.ok()) {
      return key.error();
    }
    feed.subject = std::move(key).value();
    const auto checked = passes_filters(feed.options["filters"], SvmAccount());
    return checked.ok() ? Result<Feed>(std::move(feed)) : Result<Feed>(checked.error());
  }
  if (method == "signatureSubscribe") {
    feed.kind = FeedKind::kSignature;
    auto signature = signature_of(params.at(0));
    if (!signature.ok()) {
      return signature.error();
    }
    feed.subject = std::move(signature).value();
    feed.wants_received = feed.options["enableReceivedNotification"].as_bool().value_or(false);
    return feed;
  }
  if (method != "logsSubscribe" && method != "blockSubscribe") {
    return Error{Errc::kNotFound, "Method not found"};
  }
  const bool is_block = method == "blockSubscribe";
  feed.kind = is_block ? FeedKind::kBlock : FeedKind::kSvmLogs;
  auto mention = mention_of(params.at(0), is_block ? "mentionsAccountOrProgram" : "mentions");
  if (!mention) {
    return invalid("Invalid Request: Only 1 address supported");
  }
  feed.subject = std::move(*mention);
  if (is_block && feed.config.commitment == Commitment::kProcessed) {
    return invalid("Method does not support commitment below `confirmed`");
  }
  if (is_block && !feed.options.has("encoding")) {
    feed.config.form.encoding = SvmEncoding::kBase64;
  }
  return feed;
}

Status SvmFeeds::open(SubscriptionNumber subscription, std::string_view method,
                      const JsonValue& params, const FeedMoment& moment) {
  auto feed = read(method, params);
  if (!feed.ok()) {
    return feed.error();
  }
  const auto at = feeds_.emplace(subscription, std::move(feed).value()).first;
  if (at->second.kind == FeedKind::kSignature) {
    tell_signature(subscription, at->second, moment.now);
  }
  return Done{};
}

std::optional<Millis> SvmFeeds::next_step(Millis now) const {
  if (feeds_.empty()) {
    return std::nullopt;
  }
  return chain_.slot_begin(chain_.newest_slot(now) + 1);
}

void SvmFeeds::step(const FeedMoment& moment) {
  const uint64_t newest = chain_.newest_slot(moment.now);
  if (feeds_.empty() || newest > newest_ + kCatchUpMax) {
    newest_ = newest;
    for (size_t i = 0; i < arrived_.size(); ++i) {
      arrived_[i] = chain_.slot(moment.now, static_cast<Commitment>(i));
    }
    return;
  }
  chain_.set_branch(moment.branch);
  while (newest_ < newest) {
    advance(chain_.slot_begin(++newest_));
  }
  chain_.set_branch(std::nullopt);
}

/// A new slot brings at most one block to each commitment, or several after skipped ones.
void SvmFeeds::advance(Millis at) {
  for (size_t i = 0; i < arrived_.size(); ++i) {
    const auto commitment = static_cast<Commitment>(i);
    const uint64_t reached = chain_.slot(at, commitment);
    while (arrived_[i] < reached) {
      arrived_[i] = chain_.next_block_slot(arrived_[i]);
      tell({arrived_[i], commitment, at, chain_.transactions(arrived_[i])});
    }
  }
}

/// The sink may close subscriptions meanwhile, so they are looked up one after the other.
void SvmFeeds::tell(const Arrival& arrival) {
  for (auto at = feeds_.begin(); at != feeds_.end();) {
    const SubscriptionNumber number = at->first;
    const Feed& feed = at->second;
    if (feed.kind == FeedKind::kSignature) {
      tell_signature(number, feed, arrival.at);
    } else if (auto told = results(feed, arrival); !told.empty()) {
      sink_.on_feed_results(number, std::move(told), false);
    }
    at = feeds_.upper_bound(number);
  }
}

std::vector<std::string> SvmFeeds::results(const Feed& feed, const Arrival& arrival) const {
  const bool is_wanted = feed.config.commitment == arrival.commitment;
  const bool is_processed = arrival.commitment == Commitment::kProcessed;
  switch (feed.kind) {
    case FeedKind::kSvmLogs:
      return is_wanted ? logs(feed, arrival) : std::vector<std::string>();
    case FeedKind::kAccount:
      return is_wanted ? account(feed, arrival) : std::vector<std::string>();
    case FeedKind::kProgram:
      return is_wanted ? program(feed, arrival) : std::vector<std::string>();
    case FeedKind::kBlock:
      return is_wanted ? block(feed, arrival) : std::vector<std::string>();
    case FeedKind::kSlot:
      return is_processed ? slot(arrival) : std::vector<std::string>();
    case FeedKind::kVote:
      return is_processed ? vote(arrival) : std::vector<std::string>();
    case FeedKind::kRoot:
      return arrival.commitment == Commitment::kFinalized
                 ? std::vector{std::to_string(arrival.slot)}
                 : std::vector<std::string>();
    case FeedKind::kSlotsUpdates:
      return slot_updates(arrival);
    case FeedKind::kSignature:
    case FeedKind::kHeads:
    case FeedKind::kLogs:
    case FeedKind::kPendingHashes:
    case FeedKind::kPendingTransactions:
    case FeedKind::kSyncing:
      break;
  }
  return {};
}

std::vector<std::string> SvmFeeds::logs(const Feed& feed, const Arrival& arrival) const {
  std::vector<std::string> told;
  for (const SvmTransaction& each : arrival.transactions) {
    if (!mentions(each, feed.subject)) {
      continue;
    }
    told.push_back(in_context(arrival.slot, [&each](JsonWriter& writer) {
      writer.begin_object().key("signature").string(to_base58(each.signatures[0])).key("err");
      write_svm_error(writer, each);
      writer.key("logs");
      write_svm_logs(writer, each.message, each.failed_instruction);
      writer.end_object();
    }));
  }
  return told;
}

std::vector<std::string> SvmFeeds::account(const Feed& feed, const Arrival& arrival) const {
  if (!accounts_.has_changed(feed.subject, arrival.slot)) {
    return {};
  }
  const SvmAccount gone{0, std::string(kSystemProgram), "", false};
  const SvmAccount account = accounts_.find(feed.subject, arrival.slot).value_or(gone);
  return {in_context(arrival.slot, [&](JsonWriter& writer) {
    write_svm_account(writer, accounts_, feed.subject, account,
                      form_for(feed.config.form, account));
  })};
}

std::vector<std::string> SvmFeeds::program(const Feed& feed, const Arrival& arrival) const {
  std::vector<std::string> told;
  for (const std::string& key : accounts_.owned_by(feed.subject)) {
    if (!accounts_.has_changed(key, arrival.slot)) {
      continue;
    }
    const auto account = accounts_.find(key, arrival.slot);
    const auto passes = passes_filters(feed.options["filters"], *account);
    if (!passes.ok() || !passes.value()) {
      continue;
    }
    told.push_back(in_context(arrival.slot, [&](JsonWriter& writer) {
      writer.begin_object().key("pubkey").string(to_base58(key)).key("account");
      write_svm_account(writer, accounts_, key, *account, form_for(feed.config.form, *account));
      writer.end_object();
    }));
  }
  return told;
}

std::vector<std::string> SvmFeeds::block(const Feed& feed, const Arrival& arrival) const {
  std::vector<SvmTransaction> transactions = arrival.transactions;
  std::erase_if(transactions,
                [&feed](const SvmTransaction& each) { return !mentions(each, feed.subject); });
  if (transactions.empty() && !feed.subject.empty()) {
    return {};
  }
  const MethodReply block =
      svm_block(chain_, arrival.slot, transactions, feed.options, feed.config.form.encoding);
  return {in_context(arrival.slot, [&](JsonWriter& writer) {
    writer.begin_object().key("slot").number(arrival.slot).key("err");
    writer.raw(block.is_error ? R"({"UnsupportedTransactionVersion":0})" : "null").key("block");
    writer.raw(block.is_error ? "null" : block.json).end_object();
  })};
}

std::vector<std::string> SvmFeeds::slot(const Arrival& arrival) const {
  return {json_of([&](JsonWriter& writer) {
    writer.begin_object().key("parent").number(chain_.parent_slot(arrival.slot)).key("root");
    writer.number(chain_.slot(arrival.at, Commitment::kFinalized));
    writer.key("slot").number(arrival.slot).end_object();
  })};
}

std::vector<std::string> SvmFeeds::vote(const Arrival& arrival) const {
  return {json_of([&](JsonWriter& writer) {
    const uint64_t parent = chain_.parent_slot(arrival.slot);
    writer.begin_object().key("hash").string(to_base58(chain_.blockhash(parent)));
    writer.key("signature");
    writer.string(to_base58(chain_.derivation().bytes(Domain::kVote, arrival.slot, 64)));
    writer.key("slots").begin_array().number(parent).end_array().key("timestamp");
    writer.number(chain_.unix_seconds(arrival.slot)).key("votePubkey");
    writer.string(to_base58(chain_.leader(arrival.slot))).end_object();
  })};
}

std::vector<std::string> SvmFeeds::slot_updates(const Arrival& arrival) const {
  const auto update = [&arrival](std::string_view type, std::string_view more = {}) {
    return "{" + std::string(more) + "\"slot\":" + std::to_string(arrival.slot) +
           ",\"timestamp\":" + std::to_string(arrival.at.count()) + ",\"type\":\"" +
           std::string(type) + "\"}";
  };
  switch (arrival.commitment) {
    case Commitment::kConfirmed:
      return {update("optimisticConfirmation")};
    case Commitment::kFinalized:
      return {update("root")};
    case Commitment::kProcessed:
      break;
  }
  const auto failed =
      std::count_if(arrival.transactions.begin(), arrival.transactions.end(),
                    [](const SvmTransaction& each) { return each.failed_instruction.has_value(); });
  const size_t count = arrival.transactions.size();
  const std::string parent = "\"parent\":" + std::to_string(chain_.parent_slot(arrival.slot)) + ",";
  const std::string stats =
      "\"stats\":{\"maxTransactionsPerEntry\":" + std::to_string(count) +
      ",\"numFailedTransactions\":" + std::to_string(failed) +
      ",\"numSuccessfulTransactions\":" + std::to_string(count - static_cast<size_t>(failed)) +
      ",\"numTransactionEntries\":1},";
  return {update("firstShredReceived"), update("createdBank", parent), update("completed"),
          update("frozen", stats)};
}

void SvmFeeds::tell_signature(SubscriptionNumber subscription, const Feed& feed, Millis now) {
  const auto found = chain_.transaction(feed.subject);
  const uint64_t reached = chain_.slot(now, feed.config.commitment);
  if (!found || found->slot > reached) {
    return;
  }
  std::vector<std::string> told;
  if (feed.wants_received) {
    told.push_back(
        in_context(found->slot, [](JsonWriter& writer) { writer.string("receivedSignature"); }));
  }
  told.push_back(in_context(reached, [&found](JsonWriter& writer) {
    writer.begin_object().key("err");
    write_svm_error(writer, *found);
    writer.end_object();
  }));
  feeds_.erase(subscription);
  sink_.on_feed_results(subscription, std::move(told), true);
}

}  // namespace sidecar

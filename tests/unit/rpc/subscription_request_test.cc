#include "rpc/subscription_request.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace sidecar::testing {

namespace {

constexpr std::string_view kEvm = "eth_subscribe";

std::string params_of(std::string_view method, std::string_view params) {
  const auto spec = feed_spec(method, params);
  return spec.ok() ? spec.value().params : "refused: " + spec.error().detail;
}

std::string fault_of(std::string_view method, std::string_view params) {
  const auto spec = feed_spec(method, params);
  REQUIRE_FALSE(spec.ok());
  return spec.error().detail;
}

std::string key_of(std::string_view method, std::string_view params) {
  const auto spec = feed_spec(method, params);
  REQUIRE(spec.ok());
  return spec.value().key();
}

std::string nested(size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

struct Row {
  const char* given;
  const char* canonical;
};

constexpr std::array<std::string_view, 9> kSvmSubjects{
    "account", "program", "logs", "signature", "block", "slot", "root", "vote", "slotsUpdates"};

}  // namespace

TEST_CASE("SubscriptionRequest: kinds of an EVM chain come from the first param") {
  const struct {
    const char* given;
    FeedKind kind;
    const char* canonical;
  } rows[] = {
      {R"(["newHeads"])", FeedKind::kHeads, R"(["newHeads"])"},
      {R"([ "newHeads" , {} ])", FeedKind::kHeads, R"(["newHeads"])"},
      {R"(["new\u0048eads"])", FeedKind::kHeads, R"(["newHeads"])"},
      {R"(["syncing"])", FeedKind::kSyncing, R"(["syncing"])"},
      {R"(["newPendingTransactions"])", FeedKind::kPendingHashes, R"(["newPendingTransactions"])"},
      {R"(["newPendingTransactions",false])", FeedKind::kPendingHashes,
       R"(["newPendingTransactions"])"},
      {R"(["newPendingTransactions",true])", FeedKind::kPendingTransactions,
       R"(["newPendingTransactions",true])"},
      {R"(["logs"])", FeedKind::kLogs, R"(["logs",{}])"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.given);

    const auto spec = feed_spec(kEvm, row.given);

    REQUIRE(spec.ok());
    CHECK(spec.value().kind == row.kind);
    CHECK(spec.value().method == kEvm);
    CHECK(spec.value().params == row.canonical);
    CHECK(spec.value().key() == std::string(kEvm) + row.canonical);
  }
}

TEST_CASE("SubscriptionRequest: all ways of writing a filter of logs come to one") {
  const Row rows[] = {
      {R"(["logs",null])", R"(["logs",{}])"},
      {R"(["logs",{"address":null,"topics":null}])", R"(["logs",{}])"},
      {R"(["logs",{"address":[],"topics":[]}])", R"(["logs",{}])"},
      {R"(["logs",{"address":"0xAbC1"}])", R"(["logs",{"address":["0xabc1"]}])"},
      {R"(["logs",{"address":["0xABC1"]}])", R"(["logs",{"address":["0xabc1"]}])"},
      {R"(["logs",{"address":["0x3","0x1","0x2","0x1"]}])",
       R"(["logs",{"address":["0x1","0x2","0x3"]}])"},
      {R"(["logs",{"address":["0xB","0xa","0xA","0xb"]}])",
       R"(["logs",{"address":["0xa","0xb"]}])"},
      {R"(["logs",{"topics":["0xAA"],"address":"0x1"}])",
       R"(["logs",{"address":["0x1"],"topics":["0xaa"]}])"},
      {R"(["logs",{"topics":["0x2","0x1"]}])", R"(["logs",{"topics":["0x2","0x1"]}])"},
      {R"(["logs",{"topics":[["0xC","0xa","0xc"],"0xb"]}])",
       R"(["logs",{"topics":[["0xa","0xc"],"0xb"]}])"},
      {R"(["logs",{"topics":[["0xA"]]}])", R"(["logs",{"topics":["0xa"]}])"},
      {R"(["logs",{"topics":[null,"0x1"]}])", R"(["logs",{"topics":[null,"0x1"]}])"},
      {R"(["logs",{"topics":[[],"0x1"]}])", R"(["logs",{"topics":[null,"0x1"]}])"},
      // As many topics as it says, a log must have: a null at the end says something.
      {R"(["logs",{"topics":["0x1",null]}])", R"(["logs",{"topics":["0x1",null]}])"},
      {R"(["logs",{"fromBlock":"0x1","toBlock":"latest","blockHash":"0xab","address":"0x1"}])",
       R"(["logs",{"address":["0x1"]}])"},
      {R"(["logs",{"address":"0x1"},"more"])", R"(["logs",{"address":["0x1"]}])"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.given);

    CHECK(params_of(kEvm, row.given) == row.canonical);
  }
}

TEST_CASE("SubscriptionRequest: what asks for something else has another key") {
  const char* keys[] = {R"(["newHeads"])",
                        R"(["syncing"])",
                        R"(["newPendingTransactions"])",
                        R"(["newPendingTransactions",true])",
                        R"(["logs"])",
                        R"(["logs",{"address":"0x1"}])",
                        R"(["logs",{"address":["0x1","0x2"]}])",
                        R"(["logs",{"topics":["0x1"]}])",
                        R"(["logs",{"topics":["0x1",null]}])",
                        R"(["logs",{"topics":[null,"0x1"]}])",
                        R"(["logs",{"topics":["0x1","0x2"]}])",
                        R"(["logs",{"topics":["0x2","0x1"]}])",
                        R"(["logs",{"topics":[["0x1","0x2"]]}])"};
  for (const char* one : keys) {
    for (const char* other : keys) {
      CAPTURE(one);
      CAPTURE(other);

      CHECK((key_of(kEvm, one) == key_of(kEvm, other)) == (one == other));
    }
  }
  CHECK(key_of("slotSubscribe", "[]") != key_of("rootSubscribe", "[]"));
  CHECK(key_of("accountSubscribe", R"(["a"])") != key_of("programSubscribe", R"(["a"])"));
}

TEST_CASE("SubscriptionRequest: a config of Solana has its members sorted and no default unsaid") {
  const Row rows[] = {
      {R"(["aBc"])", R"(["aBc",{"commitment":"finalized"}])"},
      {R"(["aBc",null])", R"(["aBc",{"commitment":"finalized"}])"},
      {R"(["aBc",{}])", R"(["aBc",{"commitment":"finalized"}])"},
      {R"(["aBc",{"commitment":null}])", R"(["aBc",{"commitment":"finalized"}])"},
      {R"(["aBc",{"commitment":"finalized"}])", R"(["aBc",{"commitment":"finalized"}])"},
      {R"(["aBc",{"commitment":"processed"}])", R"(["aBc",{"commitment":"processed"}])"},
      {R"(["aBc",{"encoding":"base64","commitment":"confirmed"}])",
       R"(["aBc",{"commitment":"confirmed","encoding":"base64"}])"},
      {R"(["aBc",{"encoding":null,"dataSlice":{"offset":1,"length":2}}])",
       R"(["aBc",{"commitment":"finalized","dataSlice":{"length":2,"offset":1}}])"},
      {R"(["aBc",{"filters":[{"memcmp":{"offset":0,"bytes":"Zz"}},{"dataSize":165}]}])",
       R"(["aBc",{"commitment":"finalized",)"
       R"("filters":[{"memcmp":{"bytes":"Zz","offset":0}},{"dataSize":165}]}])"},
      {R"(["aBc",{"zeta":1,"alpha":true}])",
       R"(["aBc",{"alpha":true,"commitment":"finalized","zeta":1}])"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.given);

    CHECK(params_of("accountSubscribe", row.given) == row.canonical);
  }
}

TEST_CASE("SubscriptionRequest: base58 keeps its case, and an encoding is a feed of its own") {
  CHECK(key_of("accountSubscribe", R"(["aBc"])") != key_of("accountSubscribe", R"(["abc"])"));
  CHECK(key_of("accountSubscribe", R"(["a",{"encoding":"base64"}])") !=
        key_of("accountSubscribe", R"(["a",{"encoding":"jsonParsed"}])"));
  CHECK(key_of("accountSubscribe", R"(["a",{"encoding":"base64"}])") !=
        key_of("accountSubscribe", R"(["a"])"));
}

TEST_CASE("SubscriptionRequest: the order of mentioned accounts says nothing") {
  CHECK(params_of("logsSubscribe", R"([{"mentions":["bB","aA"]}])") ==
        R"([{"mentions":["aA","bB"]},{"commitment":"finalized"}])");
  CHECK(key_of("logsSubscribe", R"([{"mentions":["bB","aA"]},{"commitment":"finalized"}])") ==
        key_of("logsSubscribe", R"([{"mentions":["aA","bB"]}])"));
  CHECK(params_of("logsSubscribe", R"(["allWithVotes"])") ==
        R"(["allWithVotes",{"commitment":"finalized"}])");
  CHECK(params_of("blockSubscribe", R"([{"mentionsAccountOrProgram":"aA"}])") ==
        R"([{"mentionsAccountOrProgram":"aA"},{"commitment":"finalized"}])");
}

TEST_CASE("SubscriptionRequest: kinds of Solana without a subject take no params") {
  for (const std::string_view method :
       {"slotSubscribe", "rootSubscribe", "voteSubscribe", "slotsUpdatesSubscribe"}) {
    CAPTURE(method);

    CHECK(params_of(method, "") == "[]");
    CHECK(params_of(method, "[]") == "[]");
    CHECK(params_of(method, R"([{"commitment":"processed"}])") == "[]");
  }
}

TEST_CASE("SubscriptionRequest: every kind of Solana is known by its method") {
  const FeedKind kinds[] = {FeedKind::kAccount,   FeedKind::kProgram, FeedKind::kSvmLogs,
                            FeedKind::kSignature, FeedKind::kBlock,   FeedKind::kSlot,
                            FeedKind::kRoot,      FeedKind::kVote,    FeedKind::kSlotsUpdates};
  for (size_t i = 0; i < kSvmSubjects.size(); ++i) {
    const std::string method = std::string(kSvmSubjects[i]) + "Subscribe";
    CAPTURE(method);

    const auto spec = feed_spec(method, R"(["aBc"])");

    REQUIRE(spec.ok());
    CHECK(spec.value().kind == kinds[i]);
    CHECK(spec.value().method == method);
  }
}

TEST_CASE("SubscriptionRequest: the canonical form is its own canonical form") {
  const struct {
    const char* method;
    const char* params;
  } rows[] = {{"eth_subscribe", R"(["logs",{"topics":[["0xC","0xa"],null],"address":"0xF"}])"},
              {"eth_subscribe", R"(["newPendingTransactions",true])"},
              {"logsSubscribe", R"([{"mentions":["b","a"]},{"x":{"z":1,"y":null}}])"},
              {"accountSubscribe", R"(["a",{"encoding":"base64"}])"},
              {"slotSubscribe", R"([1])"}};
  for (const auto& row : rows) {
    CAPTURE(row.params);

    const std::string once = params_of(row.method, row.params);

    CHECK(params_of(row.method, once) == once);
  }
}

TEST_CASE("SubscriptionRequest: what is wrong is said in a sentence") {
  const struct {
    const char* method;
    const char* params;
    const char* text;
  } rows[] = {
      {"eth_subscribe", "{}", "params of eth_subscribe must be a short array"},
      {"eth_subscribe", "[", "params of eth_subscribe must be a short array"},
      {"eth_subscribe", "null", "params of eth_subscribe must be a short array"},
      {"eth_subscribe", "", "eth_subscribe needs the kind of subscription as its first param"},
      {"eth_subscribe", "[7]", "eth_subscribe needs the kind of subscription as its first param"},
      {"eth_subscribe", R"(["logs",[]])", "the filter of a logs subscription must be an object"},
      {"eth_subscribe", R"(["logs",{"address":7}])",
       "address must be a 0x string or a list of them"},
      {"eth_subscribe", R"(["logs",{"address":"abc"}])",
       "address must be a 0x string or a list of them"},
      {"eth_subscribe", R"(["logs",{"address":["0x1",null]}])",
       "address must be a 0x string or a list of them"},
      {"eth_subscribe", R"(["logs",{"topics":"0x1"}])", "topics must be a list"},
      {"eth_subscribe", R"(["logs",{"topics":[7]}])",
       "a topic must be null, a 0x string or a list of them"},
      {"eth_subscribe", R"(["logs",{"topics":[[["0x1"]]]}])",
       "a topic must be null, a 0x string or a list of them"},
      {"eth_subscribe", R"(["logs",{"topics":[["0x1",null]]}])",
       "a topic must be null, a 0x string or a list of them"},
      {"accountSubscribe", "", "accountSubscribe needs a first param"},
      {"signatureSubscribe", "[null]", "signatureSubscribe needs a first param"},
      {"accountSubscribe", R"(["a",7])", "the second param of accountSubscribe must be an object"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.params);

    CHECK(fault_of(row.method, row.params) == row.text);
    CHECK(feed_spec(row.method, row.params).error().code == Errc::kInvalid);
  }
}

TEST_CASE("SubscriptionRequest: a kind that is not served is not found, its name cut short") {
  const auto kind = feed_spec(kEvm, "[\"" + std::string(1'000, 'k') + "\"]");
  REQUIRE_FALSE(kind.ok());
  CHECK(kind.error().code == Errc::kNotFound);
  CHECK(kind.error().detail == "no such subscription: " + std::string(64, 'k') +
                                   "; there are newHeads, logs, newPendingTransactions, syncing");

  const auto method = feed_spec("transactionSubscribe", "[]");
  REQUIRE_FALSE(method.ok());
  CHECK(method.error().code == Errc::kNotFound);
  CHECK(method.error().detail == "no such subscription: transactionSubscribe");
}

TEST_CASE("SubscriptionRequest: params nest 16 deep and no deeper") {
  CHECK(feed_spec("accountSubscribe", nested(16)).ok());
  CHECK_FALSE(feed_spec("accountSubscribe", nested(17)).ok());
  CHECK_FALSE(feed_spec("accountSubscribe", nested(5'000)).ok());
  CHECK_FALSE(feed_spec("slotSubscribe", R"([)" + nested(16) + "]").ok());
}

TEST_CASE("SubscriptionRequest: the other names of a subscription follow from its method") {
  CHECK(unsubscribe_method_of("eth_subscribe") == "eth_unsubscribe");
  CHECK(notification_method_of("eth_subscribe") == "eth_subscription");
  CHECK(is_subscribe_method("eth_subscribe"));
  CHECK(is_unsubscribe_method("eth_unsubscribe"));
  CHECK_FALSE(is_subscribe_method("eth_unsubscribe"));
  CHECK_FALSE(is_unsubscribe_method("eth_subscribe"));
  for (const std::string_view subject : kSvmSubjects) {
    CAPTURE(subject);
    const std::string subscribe = std::string(subject) + "Subscribe";
    const std::string unsubscribe = std::string(subject) + "Unsubscribe";

    CHECK(unsubscribe_method_of(subscribe) == unsubscribe);
    CHECK(notification_method_of(subscribe) == std::string(subject) + "Notification");
    CHECK(is_subscribe_method(subscribe));
    CHECK(is_unsubscribe_method(unsubscribe));
    CHECK_FALSE(is_subscribe_method(unsubscribe));
    CHECK_FALSE(is_unsubscribe_method(subscribe));
  }
}

TEST_CASE("SubscriptionRequest: a method that only sounds like one is none") {
  for (const std::string_view method : {"", "eth_call", "getSlot", "Subscribe", "Unsubscribe",
                                        "mySubscribe", "eth_newFilter", "nsubscribe"}) {
    CAPTURE(method);

    CHECK_FALSE(is_subscribe_method(method));
    CHECK_FALSE(is_unsubscribe_method(method));
  }
}

TEST_CASE("SubscriptionRequest: every kind has a name of its own") {
  constexpr size_t kKindCount = 14;
  for (size_t i = 0; i < kKindCount; ++i) {
    const std::string_view name = feed_kind_name(static_cast<FeedKind>(i));
    CHECK_FALSE(name.empty());
    for (size_t j = 0; j < i; ++j) {
      CHECK(name != feed_kind_name(static_cast<FeedKind>(j)));
    }
  }
  CHECK(feed_kind_name(FeedKind::kHeads) == "newHeads");
  CHECK(feed_kind_name(FeedKind::kSvmLogs) == "svmLogs");
  CHECK(feed_kind_name(FeedKind::kSlotsUpdates) == "slotsUpdates");
}

}  // namespace sidecar::testing

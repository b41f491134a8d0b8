#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/random.h"
#include "base/timers.h"
#include "mock/evm_feeds.h"
#include "mock/feed_sink.h"
#include "mock/mock_calls.h"
#include "mock/mock_faults.h"
#include "mock/mock_stats.h"
#include "mock/svm_feeds.h"
#include "net/http_server.h"
#include "net/loop.h"

namespace sidecar {

/// A mock provider's WebSockets: calls and batches as over HTTP, and subscriptions on top.
///   text -> MockCalls (subscriptions: the desk below) -> held for a while -> answer
///   the chain moves -> EvmFeeds | SvmFeeds -> faults -> notification, not before its answer
/// Ids: hex texts for EVM, each used once; numbers for Solana, where the same params are the same
/// subscription, as in Agave.
/// Faults: those of MockFaults for calls; of those for POSTs latency, blackhole, reset, truncate
/// (a close), garbage, and the body of html and http_status as a text; and its own.
/// Limits: a client that does not read is cut with 1012 at kQueueBytesMax; kBlobBytesMax.
/// Owner: MockProvider, by value.
class MockSockets final : private FeedSink {
 public:
  static constexpr size_t kQueueBytesMax = 64u << 20;
  static constexpr uint64_t kBlobBytesMax = 16u << 20;

  /// All outlive this; `server` comes before the first socket. `unix_now` is the chain's time.
  struct House {
    Loop& loop;
    MockCalls& calls;
    MockFaults& faults;
    MockStats& stats;
    std::function<Millis()> unix_now;
    uint64_t seed = 1;
    bool is_manual = false;  ///< the chain's time stands still: step() is all that moves it
  };
  explicit MockSockets(House house);
  void set_server(HttpServer& server) { server_ = &server; }

  HttpVerdict verdict();
  void on_open(WebSocketId id);
  /// The answer is held for `wait` at least.
  void on_text(WebSocketId id, std::string_view text, Millis wait);
  void on_drained(WebSocketId id);
  void on_closed(WebSocketId id);

  /// The chain may have moved.
  void step();
  /// EvmChain::reorganise, told to the subscribers. Errors: as for that, kInvalid for Solana.
  Status reorganise(uint64_t from, uint64_t salt);
  /// Ends all WebSockets; nullopt resets them. How many there were.
  size_t end_all(std::optional<uint16_t> code);
  void drop_all();

 private:
  struct Socket {
    std::vector<SubscriptionNumber> subscriptions;
    std::deque<std::string> queue;  ///< waits for room
    size_t queue_bytes = 0;
    bool is_full = false;
    uint64_t events_sent = 0;
  };
  struct Subscription {
    WebSocketId socket = 0;
    std::string id;  ///< as JSON
    std::string method;
    std::string_view kind;
    std::string key;
    uint64_t uses = 1;  ///< Solana: how often it was asked for on this connection
    bool is_active = false;
    bool is_over = false;
    std::vector<std::string> held;       ///< until the answer is out
    std::optional<std::string> swapped;  ///< goes after the next one
  };
  struct Reply {
    WebSocketId socket = 0;
    std::string text;
    std::vector<SubscriptionNumber> opened;
    bool is_reset = false;
    bool is_close = false;
  };

  std::optional<MethodReply> desk(std::string_view method, const JsonValue& params);
  MethodReply subscribe(std::string_view method, const JsonValue& params);
  MethodReply unsubscribe(const JsonValue& params);
  std::string id_for(const std::string& key);
  std::optional<MethodReply> asked_again(const std::string& key);
  Status open_feed(SubscriptionNumber number, std::string_view method, const JsonValue& params);
  void end(SubscriptionNumber number, SocketStats::End why);
  void end_subscriptions(WebSocketId id, SocketStats::End why);
  void end_socket(WebSocketId id, const SocketEnd& end);

  void send_reply(const Reply& reply);
  void activate(SubscriptionNumber number);
  void on_feed_results(SubscriptionNumber number, std::vector<std::string> results,
                       bool is_last) override;
  void deliver(SubscriptionNumber number, std::string result);
  void notify(SubscriptionNumber number, const std::string& result);
  void send_event(SubscriptionNumber number, std::string text);
  void send(WebSocketId id, std::string text);

  FeedMoment moment() const;
  void on_timer();
  void arm();

  House house_;
  HttpServer* server_ = nullptr;
  Random random_;
  std::variant<std::monostate, EvmFeeds, SvmFeeds> feeds_;
  std::unique_ptr<Timer> timer_;
  std::unordered_map<WebSocketId, Socket> sockets_;
  std::map<SubscriptionNumber, Subscription> subscriptions_;
  SubscriptionNumber last_number_ = 0;
  std::unordered_map<std::string, std::string> svm_ids_;  ///< by key, of what is open
  uint64_t svm_id_count_ = 0;
  std::map<std::pair<Instant, uint64_t>, Reply> due_;
  uint64_t reply_count_ = 0;
  // Of the text that is being answered.
  WebSocketId asking_ = 0;
  std::vector<SubscriptionNumber> opened_;
  Millis subscribe_wait_{0};
};

}  // namespace sidecar

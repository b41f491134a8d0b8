#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/time.h"
#include "core/ports.h"
#include "rpc/envelope.h"

namespace sidecar {

/// Carries a table's requests upstream.
class FeedAsker {
 public:
  /// Sends it, or holds it until there is a connection. Returns the id that the answer will bear.
  virtual uint64_t ask(std::string_view method, std::string_view params) = 0;
  /// Takes back what is still held. False: it has been sent.
  virtual bool withdraw(uint64_t upstream_id) = 0;

 protected:
  ~FeedAsker() = default;
};

/// The subscriptions of one connection: which event is whose.
///
///   open ─▶ asked ─▶ answered with the node's id ─▶ on_feed_open, then the events held for that id
///             │ close: unsubscribe when the answer comes       │ close: unsubscribe
/// Ids are compared as they were written: EVM's are strings, Solana's are numbers. Events that come
/// while an answer is awaited are held; those of an id that nobody asked for are counted, and the
/// node is told once to stop. Not: it reads no event and never asks again.
/// Limits: kHeldEventsMax and kHeldBytesMax of events held; a feed that loses one by them is
/// refused. kIdsMax ids remembered that are on their way out or nobody's.
/// Owner: Multiplex. Requires: asker and clock outlive it.
class FeedTable {
 public:
  struct Counts {
    uint64_t stray_events = 0;        ///< of ids that nobody asked for, or asked to stop long ago
    uint64_t stray_unsubscribes = 0;  ///< that were sent because of them
    uint64_t overflows = 0;           ///< feeds refused because too much came before their answer
  };
  static constexpr size_t kHeldEventsMax = 4096;
  static constexpr size_t kHeldBytesMax = 8u << 20;
  static constexpr size_t kIdsMax = 4096;
  /// Events that come so long after an unsubscribe mean that it was lost.
  static constexpr Millis kUnsubscribeWait{10'000};

  FeedTable(FeedAsker& asker, const Clock& clock) : asker_(asker), clock_(clock) {}
  FeedTable(const FeedTable&) = delete;
  FeedTable& operator=(const FeedTable&) = delete;

  /// Requires: the source is not open.
  void open(const FeedOpening& opening, FeedSink& sink);
  void close(SourceId source);
  /// False: the answer is to none of our requests.
  bool take_answer(uint64_t upstream_id, const ResponseView& view);
  void take_event(std::string_view method, std::string_view params);
  /// The connection is gone: every feed is told, and all is forgotten.
  void lose_all(const AttemptResult& why);

  size_t size() const { return feeds_.size(); }
  const Counts& counts() const { return counts_; }

 private:
  struct Feed {
    FeedSink* sink = nullptr;
    uint64_t ask = 0;          ///< upstream id of the subscribe; 0 = answered
    std::string subscription;  ///< the node's id, as written
    std::string unsubscribe_method;
  };
  struct Ask {
    SourceId source = 0;  ///< 0 = closed meanwhile
    std::string unsubscribe_method;
  };
  struct Early {
    std::vector<std::string> values;
    std::string unsubscribe_method;
    bool has_overflowed = false;
  };
  struct Leaving {
    uint64_t ask = 0;  ///< upstream id of the unsubscribe
    Instant sent_at;
    bool is_repeated = false;
  };
  struct Lost {
    SourceId source;
    FeedSink* sink;  ///< null = closed meanwhile
  };
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <class T>
  using BySubscription = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

  void confirm(const Ask& ask, std::string_view subscription);
  void refuse(SourceId source, const AttemptResult& why);
  void deliver(SourceId source, std::string_view value, std::string_view error);
  void hold(std::string_view method, std::string_view subscription, std::string_view value);
  void unsubscribe(std::string_view subscription, std::string_view method);
  void on_leaving_event(Leaving& leaving, std::string_view method, std::string_view subscription);
  void on_stray(std::string_view subscription, std::string_view unsubscribe_method);
  void release_early();

  FeedAsker& asker_;
  const Clock& clock_;
  std::unordered_map<SourceId, Feed> feeds_;
  std::unordered_map<uint64_t, Ask> asks_;  ///< subscribes without an answer yet
  BySubscription<SourceId> sources_;
  BySubscription<Early> early_;
  size_t early_count_ = 0;
  size_t early_bytes_ = 0;
  BySubscription<Leaving> leaving_;
  std::unordered_map<uint64_t, std::string> unsubscribes_;
  BySubscription<bool> strays_;  ///< the node was told
  std::vector<Lost> lost_;       ///< about to be told
  Counts counts_;
};

}  // namespace sidecar

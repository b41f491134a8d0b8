#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "base/slot_map.h"
#include "core/ports.h"
#include "core/types.h"
#include "downstream/access_port.h"
#include "downstream/event_forms.h"

namespace sidecar {

/// What a worker waits for; the first that applies.
enum class Owed {
  kAnswers,  ///< to calls, or to be written
  kEvents,   ///< of subscriptions
  kNothing,
};
constexpr Owed owed_of(bool has_answers, bool has_events) {
  return has_answers ? Owed::kAnswers : has_events ? Owed::kEvents : Owed::kNothing;
}

/// How a worker speaks.
enum class SessionDialect : uint8_t { kFramed, kJsonIpc, kHttp, kWs };
inline constexpr size_t kSessionDialectCount = 4;

/// One downstream connection (or one HTTP request), as replies find it.
/// Owner: SessionTable. It is destroyed on a loop turn of its own, never inside its own methods.
class Session {
 public:
  virtual ~Session() = default;
  virtual void on_reply(uint64_t token, const Reply& reply) = 0;
  virtual Flow on_reply_part(uint64_t token, std::string_view bytes) = 0;
  // Only those that subscribe hear of subscriptions (core/feed_ports.h).
  virtual void on_subscribed(uint64_t token, FeedPosition at) { (void)token, (void)at; }
  virtual void on_event(uint64_t token, EventForms& event) { (void)token, (void)event; }
  virtual void on_subscription_lost(uint64_t token, std::string_view error) {
    (void)token, (void)error;
  }
  /// Called about once a second: drops what has been unfinished for too long.
  virtual void on_sweep(Instant now) { (void)now; }
  /// Whom it serves; before the first call.
  void set_visitor(const Visitor& visitor) { visitor_ = visitor; }
  const Visitor& visitor() const { return visitor_; }
  virtual SessionDialect dialect() const { return SessionDialect::kHttp; }
  virtual size_t subscription_count() const { return 0; }
  /// True for a session that is a connection of its own, not one request on a shared one.
  virtual bool is_connection() const { return false; }
  /// The sidecar will go down within this: what is open may end, new calls are refused.
  virtual void on_drain(Millis within) { (void)within; }
  /// What it still holds for its worker; one that is no connection lives as long as its answer.
  virtual Owed owed() const { return Owed::kAnswers; }
  /// The sidecar is going down: tell the worker and end gently.
  virtual void on_shutdown() = 0;

 protected:
  Visitor visitor_;
};

/// All sessions by id: hands replies and events to those they are for, drops them when
/// one is gone.
/// Owner: app.
class SessionTable final : public DownstreamPort, public SubscriberPort {
 public:
  SessionId add(std::unique_ptr<Session> session) { return sessions_.insert(std::move(session)); }
  /// Destroys the session at once.
  /// Requires: not called from inside one of its methods.
  void remove(SessionId id) {
    if (std::unique_ptr<Session>* found = sessions_.find(id)) {
      const std::unique_ptr<Session> last = std::move(*found);
      sessions_.erase(id);
    }
  }
  Session* find(SessionId id) {
    std::unique_ptr<Session>* found = sessions_.find(id);
    return found != nullptr ? found->get() : nullptr;
  }
  size_t size() const { return sessions_.size(); }
  void for_each(const std::function<void(Session&)>& visit) {
    sessions_.for_each([&visit](uint64_t, std::unique_ptr<Session>& one) { visit(*one); });
  }

  void on_reply(SessionId session, uint64_t token, const Reply& reply) override {
    if (Session* found = find(session)) {
      found->on_reply(token, reply);
    }
  }
  Flow on_reply_part(SessionId session, uint64_t token, std::string_view bytes) override {
    Session* found = find(session);
    return found != nullptr ? found->on_reply_part(token, bytes) : Flow::kDropped;
  }
  void on_subscribed(SessionId session, uint64_t token, FeedPosition at) override {
    if (Session* found = find(session)) {
      found->on_subscribed(token, at);
    }
  }
  void on_event(const FeedEvent& event, std::span<const Subscriber> to) override {
    EventForms forms(event);
    for (size_t i = 0; i < to.size(); ++i) {
      if (i + kFetchAhead < to.size()) {
        // Thousands of sessions are not in the cache; waiting for each would take the most time.
        __builtin_prefetch(find(to[i + kFetchAhead].session));
      }
      if (Session* found = find(to[i].session)) {
        found->on_event(to[i].token, forms);
      }
    }
    forms_made_ += forms.made_count();
  }
  void on_subscription_lost(SessionId session, uint64_t token, std::string_view error) override {
    if (Session* found = find(session)) {
      found->on_subscription_lost(token, error);
    }
  }
  /// Serialisations of events, over all dialects: at most one a dialect and event.
  uint64_t forms_made() const { return forms_made_; }

 private:
  static constexpr size_t kFetchAhead = 4;

  SlotMap<std::unique_ptr<Session>> sessions_;
  uint64_t forms_made_ = 0;
};

}  // namespace sidecar

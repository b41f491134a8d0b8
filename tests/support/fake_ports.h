#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/ports.h"

namespace sidecar::testing {

/// Upstream subscriptions that do nothing by themselves: the test confirms them and tells events.
class FakeFeeds final : public FeedPort {
 public:
  struct Opened {
    SourceId id;
    std::string method;
    std::string params;
    FeedSink* sink;
  };

  void open_feed(const FeedOpening& opening, FeedSink& sink) override {
    opened.push_back({opening.id, std::string(opening.method), std::string(opening.params), &sink});
  }
  void close_feed(SourceId source) override { closed.push_back(source); }

  // Of the one that was opened last.
  void confirm() { opened.back().sink->on_feed_open(opened.back().id); }
  void tell(std::string_view value) { opened.back().sink->on_feed_event(opened.back().id, value); }
  void lose(Outcome outcome = Outcome::kClosed, std::string_view body = "") {
    AttemptResult result;
    result.outcome = outcome;
    result.body = body;
    opened.back().sink->on_feed_lost(opened.back().id, result);
  }

  std::vector<Opened> opened;
  std::vector<SourceId> closed;
};

/// A channel that does nothing by itself: the test ends its attempts.
class FakeChannel final : public UpstreamPort {
 public:
  struct Started {
    AttemptId id;
    SessionId session;
    std::string tail;
    bool may_resend;
    bool may_stream;
    AttemptSink* sink;
  };

  void start(const Attempt& attempt, AttemptSink& sink) override {
    started.push_back({attempt.id, attempt.session, std::string(attempt.request_tail),
                       attempt.may_resend, attempt.may_stream, &sink});
  }
  Sent cancel(AttemptId attempt) override {
    cancelled.push_back(attempt);
    return sent_on_cancel;
  }
  void resume(AttemptId attempt) override { resumed.push_back(attempt); }
  uint64_t epoch() const override { return connections; }
  FeedPort* feeds() override { return fake_feeds; }

  /// Ends the attempt that was started last.
  void end(Outcome outcome, std::string_view body = "", Sent sent = Sent::kYes, int status = 0) {
    end_at(started.size() - 1, outcome, body, sent, status);
  }
  /// Ends the one that was started `index`-th.
  void end_at(size_t index, Outcome outcome, std::string_view body = "", Sent sent = Sent::kYes,
              int status = 0) {
    const Started last = started[index];
    AttemptResult result;
    result.retry_after = retry_after;
    result.outcome = outcome;
    result.sent = sent;
    result.body = body;
    result.http_status = status;
    last.sink->on_attempt_done(last.id, result);
  }
  Flow part(std::string_view bytes) {
    return started.back().sink->on_attempt_part(started.back().id, bytes);
  }

  FakeFeeds* fake_feeds = nullptr;  ///< null: it carries no events
  std::vector<Started> started;
  std::vector<AttemptId> cancelled;
  std::vector<AttemptId> resumed;
  Sent sent_on_cancel = Sent::kMaybe;
  uint64_t connections = 1;
  std::optional<Millis> retry_after;  ///< comes with each end
};

/// Keeps what sessions would get.
class FakeDownstream final : public DownstreamPort {
 public:
  struct Got {
    SessionId session;
    uint64_t token;
    bool is_error;
    std::string body;
  };

  void on_reply(SessionId session, uint64_t token, const Reply& reply) override {
    replies.push_back({session, token, reply.kind == Reply::Kind::kError, std::string(reply.body)});
    if (on_each_reply) {
      on_each_reply();
    }
  }
  Flow on_reply_part(SessionId, uint64_t, std::string_view bytes) override {
    parts.emplace_back(bytes);
    return flow;
  }

  std::vector<Got> replies;
  std::function<void()> on_each_reply;
  std::vector<std::string> parts;
  Flow flow = Flow::kOk;
};

/// Keeps what subscribers would get: "seq kind value", and the session and token it went to.
class FakeSubscribers final : public SubscriberPort {
 public:
  struct Got {
    SessionId session;
    uint64_t token;
    std::string text;
  };

  void on_subscribed(SessionId session, uint64_t token, FeedPosition at) override {
    got.push_back({session, token, "at " + std::to_string(at.seq)});
    epoch = at.epoch;
  }
  void on_event(const FeedEvent& event, std::span<const Subscriber> to) override {
    const std::string_view kind = event.kind == EventKind::kLive       ? "live "
                                  : event.kind == EventKind::kReplayed ? "late "
                                                                       : "gap ";
    for (const Subscriber& each : to) {
      got.push_back({each.session, each.token,
                     std::to_string(event.at.seq) + " " +
                         std::string(event.is_last ? "last " : "") + std::string(kind) +
                         std::string(event.value)});
    }
  }
  void on_subscription_lost(SessionId session, uint64_t token, std::string_view error) override {
    got.push_back({session, token, "lost " + std::string(error)});
  }

  /// What the token got since it was asked last.
  std::vector<std::string> take(uint64_t token) {
    std::vector<std::string> texts;
    std::vector<Got> rest;
    for (Got& one : got) {
      if (one.token == token) {
        texts.push_back(std::move(one.text));
      } else {
        rest.push_back(std::move(one));
      }
    }
    got = std::move(rest);
    return texts;
  }

  std::vector<Got> got;
  uint32_t epoch = 0;
};

/// The hub as sessions see it: keeps subscriptions until the test answers them.
class FakeSubscriptions final : public SubscriptionPort {
 public:
  struct Subscribed {
    SubscriptionId id;
    SubscribeRequest request;
    std::string method;
    std::string params;
  };

  SubscriptionId subscribe(const SubscribeRequest& request) override {
    const SubscriptionId id = ++last_id_;
    subscribed.push_back({id, request, std::string(request.method), std::string(request.params)});
    return inside && inside(request) ? 0 : id;
  }
  void unsubscribe(SubscriptionId subscription) override { unsubscribed.push_back(subscription); }
  void send_newest(SubscriptionId subscription) override { newest.push_back(subscription); }

  /// What happens inside subscribe(); true = it was refused there.
  std::function<bool(const SubscribeRequest&)> inside;
  std::vector<Subscribed> subscribed;
  std::vector<SubscriptionId> unsubscribed;
  std::vector<SubscriptionId> newest;

 private:
  SubscriptionId last_id_ = 0;
};

/// Counts what the dispatcher tells.
class FakeObserver final : public Observer {
 public:
  void on_attempt_done(const AttemptReport& report) override {
    answer_bytes += report.answer_bytes;
    const std::string who(report.endpoint.provider);
    if (report.outcome) {
      attempts.push_back(who + " " + std::string(outcome_name(*report.outcome)));
    } else {
      cut_short.push_back(who);
    }
  }
  void on_call_done(const CallReport& report) override {
    ++calls;
    outcomes.push_back(std::string(report.outcome) +
                       (report.answered_by.chain_number == 0
                            ? std::string()
                            : " by " + std::string(report.answered_by.provider)));
    last_took = report.took;
    last_upstream = report.upstream;
  }
  void on_health_changed(const EndpointName& endpoint, HealthState from, HealthState to,
                         HealthEvent why) override {
    health.push_back(std::string(endpoint.provider) + " " + std::string(health_state_name(from)) +
                     " " + std::string(health_state_name(to)) + " " +
                     std::string(health_event_name(why)));
  }
  void on_breaker_changed(const EndpointName& endpoint, BreakerState to) override {
    breakers.push_back(std::string(endpoint.provider) + " " + std::string(breaker_state_name(to)));
  }
  void on_throttled(const EndpointName& endpoint, Nanos) override {
    throttled.emplace_back(endpoint.provider);
  }
  void on_unknown_error(const EndpointName&, std::optional<int64_t>) override { ++unknown_errors; }
  void on_event_received(const EventReport& report) override {
    event_units += report.units;
    event_bytes += report.bytes;
  }
  void on_feed_event(std::string_view, std::string_view, EventKind what, size_t) override {
    gaps += what == EventKind::kGap ? 1 : 0;
  }
  void on_feed_source(const EndpointName& endpoint, std::string_view, SourceChange what) override {
    sources.push_back(std::string(endpoint.provider) + " " + std::string(source_change_name(what)));
  }
  void on_limit(std::string_view limit) override { ++limits[std::string(limit)]; }

  std::vector<std::string> attempts;
  std::vector<std::string> cut_short;
  std::vector<std::string> outcomes;  ///< of calls: "result by one", "NO_UPSTREAM"
  Nanos last_took{0};
  Nanos last_upstream{0};
  std::vector<std::string> health;
  std::vector<std::string> breakers;
  std::vector<std::string> throttled;
  std::vector<std::string> sources;
  std::map<std::string, int> limits;
  int gaps = 0;
  int calls = 0;
  int unknown_errors = 0;
  size_t answer_bytes = 0;
  uint64_t event_units = 0;
  size_t event_bytes = 0;
};

/// The dispatcher as sessions see it: keeps calls until the test answers them.
class FakeCalls final : public CallPort {
 public:
  struct Submitted {
    CallId id;
    SessionId session;
    uint64_t token;
    ChainNumber chain;
    std::string method;
    std::string params;
    Millis deadline;
    bool may_stream;
    std::string provider;
    bool explain;
    WorkerNumber worker;
  };

  CallId submit(const Request& request) override {
    const CallId id = ++last_id_;
    submitted.push_back({id, request.session, request.token, request.chain,
                         std::string(request.method), std::string(request.params), request.deadline,
                         request.may_stream, std::string(request.provider), request.explain,
                         request.worker});
    return id;
  }
  void cancel(CallId call) override { cancelled.push_back(call); }
  void resume(CallId call) override { resumed.push_back(call); }

  std::vector<Submitted> submitted;
  std::vector<CallId> cancelled;
  std::vector<CallId> resumed;

 private:
  CallId last_id_ = 0;
};

}  // namespace sidecar::testing

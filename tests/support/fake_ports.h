#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/ports.h"

namespace sidecar::testing {

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

/// Counts what the dispatcher tells.
class FakeObserver final : public Observer {
 public:
  void on_attempt_done(const EndpointName& endpoint, AttemptKind, Outcome outcome, Nanos) override {
    attempts.push_back(std::string(endpoint.provider) + " " + std::string(outcome_name(outcome)));
  }
  void on_call_done(std::string_view, std::string_view, bool, Nanos) override { ++calls; }
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
  void on_limit(std::string_view limit) override { ++limits[std::string(limit)]; }

  std::vector<std::string> attempts;
  std::vector<std::string> health;
  std::vector<std::string> breakers;
  std::vector<std::string> throttled;
  std::map<std::string, int> limits;
  int calls = 0;
  int unknown_errors = 0;
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
  };

  CallId submit(const Request& request) override {
    const CallId id = ++last_id_;
    submitted.push_back({id, request.session, request.token, request.chain,
                         std::string(request.method), std::string(request.params), request.deadline,
                         request.may_stream, std::string(request.provider), request.explain});
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

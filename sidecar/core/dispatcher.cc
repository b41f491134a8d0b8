#include "core/dispatcher.h"

#include <algorithm>
#include <string>
#include <utility>

#include "rpc/envelope.h"
#include "rpc/method_table.h"

namespace sidecar {

namespace {

SentState sent_state(Sent sent) {
  switch (sent) {
    case Sent::kNo:
      return SentState::kNo;
    case Sent::kMaybe:
      return SentState::kMaybe;
    case Sent::kYes:
      return SentState::kYes;
  }
  return SentState::kMaybe;
}

bool is_of(MethodFamily method, Family chain) {
  return method == MethodFamily::kAny || (method == MethodFamily::kEvm) == (chain == Family::kEvm);
}

/// The first element of a params array, as its lexeme; empty when there is none.
std::string_view first_param(std::string_view params) {
  const BatchView items = split_batch(params, 16);
  return items.items.empty() ? std::string_view() : items.items.front();
}

}  // namespace

Dispatcher::Dispatcher(const DispatcherOptions& options, Timers& timers, DownstreamPort& downstream,
                       Observer& observer, std::vector<Pool> pools, uint64_t first_filter_id)
    : options_(options),
      timers_(timers),
      downstream_(downstream),
      observer_(observer),
      pools_(std::move(pools)),
      deadlines_(
          timers, [this](uint64_t id) { return attempts_.find(id) != nullptr; },
          [this](uint64_t id) { on_deadline(id); }),
      filters_(options.filters_max, first_filter_id) {}

CallId Dispatcher::submit(const Request& request) {
  if (calls_.size() >= options_.calls_in_flight_max) {
    observer_.on_limit("calls_in_flight_max");
    refuse(request, {.name = ErrorName::kOverloaded});
    return 0;
  }
  const MethodRow& method = method_row(request.method);
  const auto pool = pool_of(request);
  if (!pool) {
    const std::string message =
        "no chain is configured that serves " + std::string(request.method.substr(0, 64));
    refuse(request, {.name = ErrorName::kBadRequest, .message = message});
    return 0;
  }
  if (method.is_subscription) {
    refuse(request, {.name = ErrorName::kBadRequest,
                     .message = "subscriptions are not offered here; poll instead",
                     .code = kMethodNotFoundCode});
    return 0;
  }
  Call call;
  call.session = request.session;
  call.token = request.token;
  call.pool = *pool;
  call.method_label = method_label(request.method);
  call.may_resend = method.method_class != MethodClass::kUnsafe;
  call.may_stream = request.may_stream;
  call.started = timers_.now();
  const Millis wanted = request.deadline.count() > 0 ? request.deadline : options_.call_deadline;
  call.deadline = call.started + std::min(wanted, options_.call_deadline_max);

  std::optional<size_t> home;
  if (method.is_filter && !route_filter(call, request, home)) {
    refuse(
        request,
        {.name = ErrorName::kBadRequest, .message = "filter not found", .code = kServerErrorCode});
    return 0;
  }
  if (call.request_tail.empty()) {
    append_request_tail(call.request_tail, request.method, request.params);
  }
  const CallId id = calls_.insert(std::move(call));
  if (home) {
    start_attempt(id, *home);
  } else {
    try_next(id);
  }
  return calls_.find(id) != nullptr ? id : 0;
}

std::optional<size_t> Dispatcher::pool_of(const Request& request) const {
  if (request.chain != 0) {
    return request.chain <= pools_.size() ? std::optional<size_t>(request.chain - 1u)
                                          : std::nullopt;
  }
  const MethodFamily family = family_of(request.method);
  for (size_t i = 0; i < pools_.size(); ++i) {
    if (is_of(family, pools_[i].chain().family)) {
      return i;
    }
  }
  return std::nullopt;
}

/// False: the call names a filter that is not known here.
bool Dispatcher::route_filter(Call& call, const Request& request, std::optional<size_t>& home) {
  call.may_stream = false;
  if (request.method.starts_with("eth_new")) {
    call.is_filter_maker = true;
    return true;
  }
  const std::string_view id = first_param(request.params);
  const auto found = filters_.find(id);
  if (!found || found->chain != call.pool) {
    return false;
  }
  call.filter_id = id;
  call.removes_filter = request.method == "eth_uninstallFilter";
  append_request_tail(call.request_tail, request.method, "[" + found->upstream_id + "]");
  home = found->endpoint;
  return true;
}

void Dispatcher::refuse(const Request& request, const ErrorSpec& spec) {
  std::string error;
  write_error_object(error, spec);
  observer_.on_call_done("", method_label(request.method), true, Nanos(0));
  downstream_.on_reply(request.session, request.token, {Reply::Kind::kError, error});
}

void Dispatcher::try_next(CallId id) {
  Call& call = *calls_.find(id);
  std::vector<size_t> tried(call.tried.size());
  std::transform(call.tried.begin(), call.tried.end(), tried.begin(),
                 [](const Tried& one) { return one.endpoint; });
  const auto endpoint = pools_[call.pool].pick(tried);
  if (!endpoint) {
    finish_with_error(id, "");
    return;
  }
  start_attempt(id, *endpoint);
}

void Dispatcher::start_attempt(CallId id, size_t index) {
  Call& call = *calls_.find(id);
  const Endpoint& endpoint = pools_[call.pool].endpoint(index);
  const Instant now = timers_.now();
  call.attempt = attempts_.insert({id, index, now});
  deadlines_.add(std::min(call.deadline, now + endpoint.timeout), call.attempt);
  Attempt attempt;
  attempt.id = call.attempt;
  attempt.session = call.session;
  attempt.request_tail = call.request_tail;
  attempt.may_resend = call.may_resend;
  attempt.may_stream = call.may_stream;
  endpoint.port->start(attempt, *this);
}

Flow Dispatcher::on_attempt_part(AttemptId attempt, std::string_view bytes) {
  const LiveAttempt* live = attempts_.find(attempt);
  if (live == nullptr) {
    return Flow::kDropped;
  }
  Call& call = *calls_.find(live->call);
  call.has_parts = true;
  return downstream_.on_reply_part(call.session, call.token, bytes);
}

void Dispatcher::on_attempt_done(AttemptId attempt, const AttemptResult& result) {
  const LiveAttempt* live = attempts_.find(attempt);
  if (live == nullptr) {
    return;  // cancelled while its channel was telling several ends at once
  }
  const LiveAttempt ended = *live;
  attempts_.erase(attempt);
  settle(ended.call, ended, result);
}

void Dispatcher::on_deadline(AttemptId attempt) {
  const LiveAttempt* live = attempts_.find(attempt);
  if (live == nullptr) {
    return;
  }
  const LiveAttempt ended = *live;
  const Call& call = *calls_.find(ended.call);
  if (call.has_parts && timers_.now() < call.deadline) {
    // The worker has been given parts: the provider answers, and the call's own deadline bounds it.
    deadlines_.add(call.deadline, attempt);
    return;
  }
  AttemptResult result;
  result.outcome = Outcome::kTimeout;
  result.sent = pools_[call.pool].endpoint(ended.endpoint).port->cancel(attempt);
  attempts_.erase(attempt);
  settle(ended.call, ended, result);
}

void Dispatcher::settle(CallId id, const LiveAttempt& attempt, const AttemptResult& result) {
  Call& call = *calls_.find(id);
  Pool& pool = pools_[call.pool];
  call.attempt = 0;
  call.sent = std::max(call.sent, result.sent);
  observer_.on_attempt_done(pool.chain().name, pool.endpoint(attempt.endpoint).provider,
                            result.outcome, timers_.now() - attempt.started);
  if (result.outcome == Outcome::kResult) {
    if (call.is_filter_maker) {
      const std::string ours = filters_.add(
          {static_cast<uint16_t>(call.pool), attempt.endpoint, std::string(result.body)});
      finish(id, {Reply::Kind::kResult, ours});
      return;
    }
    if (call.removes_filter) {
      filters_.remove(call.filter_id);
    }
    finish(id, {Reply::Kind::kResult, result.body});
    return;
  }
  if (result.outcome == Outcome::kRpcError) {
    finish(id, {Reply::Kind::kError, result.body});
    return;
  }
  call.tried.push_back({attempt.endpoint, result.outcome, result.http_status});
  const bool may_go_on = may_try_another(result.outcome, result.sent, call.may_resend) &&
                         !call.has_parts && call.filter_id.empty() &&
                         call.tried.size() < options_.attempts_max && timers_.now() < call.deadline;
  if (may_go_on) {
    try_next(id);
  } else {
    finish_with_error(id, result.detail);
  }
}

void Dispatcher::finish(CallId id, const Reply& reply) {
  const Call& call = *calls_.find(id);
  const SessionId session = call.session;
  const uint64_t token = call.token;
  observer_.on_call_done(pools_[call.pool].chain().name, call.method_label,
                         reply.kind == Reply::Kind::kError, timers_.now() - call.started);
  calls_.erase(id);
  downstream_.on_reply(session, token, reply);
}

void Dispatcher::finish_with_error(CallId id, std::string_view detail) {
  const Call& call = *calls_.find(id);
  const Pool& pool = pools_[call.pool];
  std::vector<std::string> outcomes;
  outcomes.reserve(call.tried.size());
  std::vector<TriedUpstream> tried;
  for (const Tried& one : call.tried) {
    std::string outcome(outcome_name(one.outcome));
    if (one.outcome == Outcome::kHttpStatus) {
      outcome += " " + std::to_string(one.http_status);
    }
    outcomes.push_back(std::move(outcome));
    tried.push_back({pool.endpoint(one.endpoint).provider, outcomes.back()});
  }
  ErrorSpec spec{.name = error_name(call), .sent = sent_state(call.sent), .tried = tried};
  std::string message(error_row(spec.name).message);
  if (!detail.empty()) {
    message.append(": ").append(detail);
  }
  spec.message = message;
  // A call without effect may be made again whatever was sent.
  spec.is_retryable =
      error_row(spec.name).is_retryable && (call.may_resend || call.sent == Sent::kNo);
  std::string error;
  write_error_object(error, spec);
  finish(id, {Reply::Kind::kError, error});
}

ErrorName Dispatcher::error_name(const Call& call) const {
  const auto all = [&call](Outcome outcome) {
    return std::all_of(call.tried.begin(), call.tried.end(),
                       [outcome](const Tried& one) { return one.outcome == outcome; });
  };
  if (call.tried.empty() || all(Outcome::kConnect)) {
    return ErrorName::kNoUpstream;
  }
  switch (call.tried.back().outcome) {
    case Outcome::kResult:
    case Outcome::kRpcError:
      break;
    case Outcome::kConnect:
      return ErrorName::kUpstreamConnect;
    case Outcome::kTls:
      return ErrorName::kUpstreamTls;
    case Outcome::kTimeout:
      return ErrorName::kUpstreamTimeout;
    case Outcome::kClosed:
      return ErrorName::kUpstreamClosed;
    case Outcome::kProtocol:
      return ErrorName::kUpstreamProtocol;
    case Outcome::kHttpStatus:
      return ErrorName::kUpstreamHttpStatus;
    case Outcome::kRateLimited:
      return ErrorName::kUpstreamRateLimited;
    case Outcome::kBadJson:
      return ErrorName::kUpstreamBadJson;
    case Outcome::kTooLarge:
      return ErrorName::kUpstreamTooLarge;
    case Outcome::kBusy:
      return ErrorName::kOverloaded;
  }
  return ErrorName::kUpstreamProtocol;
}

void Dispatcher::cancel(CallId id) {
  const Call* call = calls_.find(id);
  if (call == nullptr) {
    return;
  }
  if (const LiveAttempt* live = attempts_.find(call->attempt)) {
    pools_[call->pool].endpoint(live->endpoint).port->cancel(call->attempt);
    attempts_.erase(call->attempt);
  }
  calls_.erase(id);
}

void Dispatcher::resume(CallId id) {
  const Call* call = calls_.find(id);
  if (call == nullptr) {
    return;
  }
  if (const LiveAttempt* live = attempts_.find(call->attempt)) {
    pools_[call->pool].endpoint(live->endpoint).port->resume(call->attempt);
  }
}

}  // namespace sidecar

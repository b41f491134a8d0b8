#include "core/dispatcher.h"

#include <algorithm>
#include <string>
#include <utility>

#include "rpc/envelope.h"
#include "rpc/raw_transaction.h"

namespace sidecar {

namespace {

bool is_of(MethodFamily method, Family chain) {
  return method == MethodFamily::kAny || (method == MethodFamily::kEvm) == (chain == Family::kEvm);
}

/// The first element of a params array, as its lexeme; empty when there is none.
std::string_view first_param(std::string_view params) {
  const BatchView items = split_batch(params, 16);
  return items.items.empty() ? std::string_view() : items.items.front();
}

std::string unknown_provider_text(const Request& request, const Pool& pool) {
  return "chain " + pool.chain().name + " has no provider named " +
         std::string(request.provider.substr(0, 64));
}

/// Not: that it has nothing of what was asked, for nobody may have it.
bool is_failure(Outcome outcome) {
  return outcome_row(outcome).charge != Charge::kSuccess && outcome != Outcome::kMissing &&
         outcome != Outcome::kSlotSkipped;
}

}  // namespace

Dispatcher::Dispatcher(const DispatcherOptions& options, Timers& timers, DownstreamPort& downstream,
                       Observer& observer, std::vector<Pool*> pools, uint64_t first_filter_id,
                       uint64_t seed)
    : options_(options),
      timers_(timers),
      downstream_(downstream),
      observer_(observer),
      pools_(std::move(pools)),
      random_(seed),
      deadlines_(
          timers, [this](uint64_t id) { return calls_.find(id) != nullptr; },
          [this](uint64_t id) { on_due(id); }),
      filters_(options.filters_max, first_filter_id),
      orphans_(
          timers, [this](uint64_t id) { return attempts_.find(id) != nullptr; },
          [this](uint64_t id) { on_orphan_due(id); }),
      retry_budget_(options.retry),
      retry_waiting_(timers, options.calls_waiting_max, [this]() { pump_retries(); }) {
  for (size_t i = 0; i < pools_.size(); ++i) {
    waiting_.push_back(std::make_unique<WaitingRoom>(timers, options.calls_waiting_max,
                                                     [this, i]() { pump_waiting(i); }));
    pools_[i]->set_on_better([this, i]() { waiting_[i]->wake(); });
  }
}

void Dispatcher::set_options(const DispatcherOptions& options) {
  options_ = options;
  filters_.set_filters_max(options.filters_max);
  retry_budget_.set_options(options.retry);
  retry_waiting_.set_size_max(options.calls_waiting_max);
  for (const auto& room : waiting_) {
    room->set_size_max(options.calls_waiting_max);
  }
}

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
    refuse(
        request,
        {.name = ErrorName::kBadRequest,
         .message =
             "subscriptions need a WebSocket, or the sidecar's own socket; over HTTP poll instead",
         .code = kMethodNotFoundCode});
    return 0;
  }
  if (!request.provider.empty() && !pools_[*pool]->has_provider(request.provider)) {
    refuse(request, {.name = ErrorName::kBadRequest,
                     .message = unknown_provider_text(request, *pools_[*pool])});
    return 0;
  }
  Call call = make_call(request, method, *pool);
  if (method.is_filter && !route_filter(call, request)) {
    refuse(
        request,
        {.name = ErrorName::kBadRequest, .message = "filter not found", .code = kServerErrorCode});
    return 0;
  }
  const CallId id = calls_.insert(std::move(call));
  try_first(id);
  return calls_.find(id) != nullptr ? id : 0;
}

Call Dispatcher::make_call(const Request& request, const MethodRow& method, size_t pool) const {
  Call call;
  call.session = request.session;
  call.worker = request.worker;
  call.token = request.token;
  call.pool = pool;
  call.row = &method;
  if (method.name.empty()) {
    call.unlisted_method = request.method;
  }
  append_request_tail(call.request_tail, request.method, request.params);
  call.params_at = call.request_tail.size() - 1 - std::max<size_t>(request.params.size(), 2);
  call.block = block_need(method, request.params, pools_[pool]->heads().pool_head().value_or(0));
  call.block.hash = {};  // points into the request
  call.pinned_provider = request.provider;
  call.may_resend = method.method_class != MethodClass::kUnsafe;
  call.may_stream = request.may_stream && !request.explain;
  call.started = timers_.now();
  const Millis wanted = request.deadline.count() > 0 ? request.deadline : options_.call_deadline;
  call.deadline = call.started + std::min(wanted, options_.call_deadline_max);
  if (request.explain) {
    call.explanation = std::make_unique<Explanation>(call.started);
    call.explanation->add('c', call.started, "admitted");
  }
  if (method.method_class == MethodClass::kTx && pools_[pool]->chain().family == Family::kSvm) {
    if (const auto facts = svm_transaction_facts(request.params)) {
      call.preferred = pools_[pool]->endpoint_of_blockhash(facts->blockhash);
    }
  }
  return call;
}

std::optional<size_t> Dispatcher::pool_of(const Request& request) const {
  if (request.chain != 0) {
    return request.chain <= pools_.size() ? std::optional<size_t>(request.chain - 1u)
                                          : std::nullopt;
  }
  const MethodFamily family = family_of(request.method);
  for (size_t i = 0; i < pools_.size(); ++i) {
    if (is_of(family, pools_[i]->chain().family)) {
      return i;
    }
  }
  return std::nullopt;
}

/// False: the call names a filter that is not known here.
bool Dispatcher::route_filter(Call& call, const Request& request) {
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
  if (pools_[call.pool]->endpoint(found->endpoint).is_retired()) {
    filters_.remove(id);  // its node is not ours any more: the worker makes another one
    return false;
  }
  call.filter_id = id;
  call.removes_filter = request.method == "eth_uninstallFilter";
  call.pinned_endpoint = found->endpoint;
  call.request_tail.clear();
  append_request_tail(call.request_tail, request.method, "[" + found->upstream_id + "]");
  return true;
}

void Dispatcher::refuse(const Request& request, const ErrorSpec& spec) {
  std::string error;
  write_error_object(error, spec);
  CallReport report;
  report.method = method_label(request.method);
  report.outcome = error_row(spec.name).text;
  report.is_error = true;
  report.session = request.session;
  report.worker = request.worker;
  observer_.on_call_done(report);
  downstream_.on_reply(request.session, request.token, {Reply::Kind::kError, error});
}

/// `outcome`: static, as CallReport has it.
void Dispatcher::finish(CallId id, Reply::Kind kind, std::string_view body,
                        std::string_view outcome) {
  Call& call = *calls_.find(id);
  drop_attempts(call, /*is_outrun=*/false);
  const Pool& pool = *pools_[call.pool];
  const SessionId session = call.session;
  const uint64_t token = call.token;
  const CallId parent = call.parent;
  const Instant now = timers_.now();
  const bool is_error = kind == Reply::Kind::kError;
  std::string explained;
  if (call.explanation) {
    call.explanation->add('i', now, is_error ? "reply: error" : "reply: result");
    explained = call.explanation->json(pool.chain().name, call.method(),
                                       is_error ? "error" : "result", body, now);
  }
  const bool is_lookup = call.is_lookup;
  if (!is_lookup) {
    report(call, is_error, outcome);
  }
  calls_.erase(id);
  if (is_lookup) {
    on_lookup_done(parent, kind, body);
  } else if (!explained.empty()) {
    downstream_.on_reply(session, token, {Reply::Kind::kResult, explained});
  } else {
    downstream_.on_reply(session, token, {kind, body});
  }
}

void Dispatcher::report(const Call& call, bool is_error, std::string_view outcome) {
  const Pool& pool = *pools_[call.pool];
  CallReport report;
  report.chain_number = pool.chain().number;
  report.chain = pool.chain().name;
  report.method = call.method_label();
  report.outcome = outcome;
  report.is_error = is_error;
  if (call.answered_by) {
    report.answered_by = pool.name_of(*call.answered_by);
    report.answered_kind = call.answered_kind;
  }
  report.took = timers_.now() - call.started;
  report.upstream = call.upstream;
  report.retry_count = call.retry_count;
  report.was_hedged = call.was_hedged;
  for (const Tried& tried : call.tried) {
    if (is_failure(tried.outcome) && tried.endpoint != call.answered_by) {
      report.failed_over_from = pool.name_of(tried.endpoint);
      report.failed_with = tried.outcome;
    }
  }
  report.session = call.session;
  report.worker = call.worker;
  observer_.on_call_done(report);
}

/// Nobody answered; but if somebody said something about the call, that is the answer.
void Dispatcher::finish_unanswered(CallId id, GaveUp why, std::string_view detail) {
  Call& call = *calls_.find(id);
  if (call.spoken && !call.has_parts) {
    const std::unique_ptr<Spoken> spoken = std::move(call.spoken);
    call.answered_by = spoken->endpoint;
    finish(id, spoken->kind, spoken->body, outcome_name(spoken->outcome));
    return;
  }
  const CallFailure failure = failure_of(call, *pools_[call.pool], why, detail, call.retry_after);
  finish(id, Reply::Kind::kError, failure.error, error_row(failure.name).text);
}

/// Ends what is under way for a call that needs it no more. `is_outrun`: a hedge of it has
/// answered; a broadcast transaction goes on alone.
void Dispatcher::drop_attempts(Call& call, bool is_outrun) {
  while (call.live_count > 0) {
    const AttemptId id = call.live[--call.live_count];
    LiveAttempt* attempt = attempts_.find(id);
    if (is_broadcast(call)) {
      attempt->call = 0;
      orphans_.add(attempt->due, id);
      continue;
    }
    Pool& pool = *pools_[attempt->pool];
    pool.endpoint(attempt->endpoint).port->cancel(id);
    if (is_outrun) {
      pool.on_outrun(attempt->endpoint, end_of(call, *attempt));
    } else {
      pool.on_cancelled(attempt->endpoint, end_of(call, *attempt));
    }
    release(id, *attempt);
  }
  call.leave_upstream(timers_.now());
}

/// Of an attempt that is cut short now.
AttemptEnd Dispatcher::end_of(const Call& call, const LiveAttempt& attempt) const {
  AttemptEnd end;
  end.method = call.method();
  end.kind = attempt.kind;
  end.worker = attempt.worker;
  end.took = timers_.now() - attempt.started;
  end.answer_bytes = attempt.part_bytes;
  return end;
}

void Dispatcher::cancel(CallId id) {
  Call* call = calls_.find(id);
  if (call == nullptr) {
    return;
  }
  drop_attempts(*call, /*is_outrun=*/false);
  calls_.erase(id);
}

void Dispatcher::resume(CallId id) {
  const Call* call = calls_.find(id);
  if (call == nullptr || call->live_count == 0) {
    return;
  }
  // Parts come of one attempt only: the others were dropped at the first.
  if (const LiveAttempt* live = attempts_.find(call->live[0])) {
    pools_[live->pool]->endpoint(live->endpoint).port->resume(call->live[0]);
  }
}

}  // namespace sidecar

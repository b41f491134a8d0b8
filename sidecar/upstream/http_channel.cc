#include "upstream/http_channel.h"

#include <utility>

#include "policy/retry_after.h"
#include "rpc/envelope.h"

namespace sidecar {

namespace {

/// More of a refusal's body than this tells nobody anything.
constexpr size_t kErrorBodyBytesMax = 64 * 1024;
constexpr int kStatusOk = 200;

Outcome outcome_of(HttpResult::End end) {
  switch (end) {
    case HttpResult::End::kAnswered:
      return Outcome::kResult;
    case HttpResult::End::kConnect:
      return Outcome::kConnect;
    case HttpResult::End::kTls:
      return Outcome::kTls;
    case HttpResult::End::kTimeout:
      return Outcome::kTimeout;
    case HttpResult::End::kClosed:
      return Outcome::kClosed;
    case HttpResult::End::kProtocol:
      return Outcome::kProtocol;
    case HttpResult::End::kTooLarge:
      return Outcome::kTooLarge;
  }
  return Outcome::kProtocol;
}

bool is_success(int status) {
  return status >= 200 && status < 300;
}

}  // namespace

Result<std::unique_ptr<HttpChannel>> HttpChannel::create(Loop& loop, const ProviderOptions& options,
                                                         uint64_t first_id) {
  constexpr std::string_view kUnixScheme = "http+unix://";
  HttpClientOptions http;
  const std::string& url = options.http.reveal();
  if (url.starts_with(kUnixScheme)) {
    http.unix_path = url.substr(kUnixScheme.size());
    http.url = Secret("http://localhost/");
  } else {
    http.url = options.http;
  }
  http.headers = options.headers;
  http.user_agent = "rpc-sidecar";
  http.proxy = options.proxy;
  http.ca_file = options.ca_file;
  http.connect_timeout = options.connect_timeout;
  http.connections_max = options.connections_max;
  http.body_bytes_max = options.response_bytes_max;
  http.rate_bytes_min = options.rate_bytes_min;
  http.rate_window = options.rate_window;
  std::unique_ptr<HttpChannel> channel(new HttpChannel(loop, options, first_id));
  auto client = HttpClient::create(loop, http, *channel);
  if (!client.ok()) {
    return client.error();
  }
  channel->client_ = std::move(client).value();
  return channel;
}

HttpChannel::HttpChannel(Loop& loop, const ProviderOptions& options, uint64_t first_id)
    : loop_(loop),
      options_(options),
      scrubber_(options),
      next_upstream_id_(first_id),
      waiting_(options.queue_max),
      next_turn_(loop.make_timer([this]() { on_next_turn(); })) {}

HttpChannel::~HttpChannel() = default;

void HttpChannel::start(const Attempt& attempt, AttemptSink& sink) {
  const uint64_t upstream_id = next_upstream_id_++;
  auto owned = std::make_unique<Exchange>(
      attempt, sink,
      ResponseReader(attempt.id, upstream_id, {options_.stream_bytes_min, attempt.may_stream},
                     sink));
  Exchange& exchange = *owned;
  exchange.request.reserve(attempt.request_tail.size() + 48);
  append_request_head(exchange.request, upstream_id);
  exchange.request.append(attempt.request_tail);
  exchanges_.emplace(attempt.id, std::move(owned));
  if (waiting_.size() == 0 && client_->room() > 0 && !held_.contains(attempt.session)) {
    post(exchange);
    return;
  }
  if (!waiting_.push(attempt.session, attempt.id)) {
    refused_.push_back(attempt.id);
  }
  if (!refused_.empty() || client_->room() > 0) {  // those before it may all be held back
    next_turn_->arm(loop_.now());
  }
}

void HttpChannel::post(Exchange& exchange) {
  exchange.http_id =
      client_->start(exchange.attempt, std::move(exchange.request), exchange.may_resend);
}

void HttpChannel::post_waiting() {
  while (client_->room() > 0) {
    const auto next = waiting_.pop([this](SessionId session) { return !held_.contains(session); });
    if (!next) {
      return;
    }
    const auto found = exchanges_.find(*next);
    if (found != exchanges_.end()) {  // else it was cancelled while it waited
      post(*found->second);
    }
  }
}

void HttpChannel::on_next_turn() {
  std::vector<AttemptId> refused;
  refused.swap(refused_);
  for (const AttemptId attempt : refused) {
    auto node = exchanges_.extract(attempt);
    if (node) {
      AttemptResult result;
      result.outcome = Outcome::kBusy;
      result.sent = Sent::kNo;
      result.detail = "queue_max attempts are waiting";
      node.mapped()->sink->on_attempt_done(attempt, result);
    }
  }
  std::vector<AttemptId> resumed;
  resumed.swap(resumed_);
  for (const AttemptId attempt : resumed) {
    go_on(attempt);
  }
  post_waiting();
}

/// Keeps held_ and held_bytes_ true to what the exchange's reader says.
void HttpChannel::note_held(Exchange& exchange) {
  held_bytes_ += exchange.reader.held_bytes() - exchange.held_bytes;
  exchange.held_bytes = exchange.reader.held_bytes();
  const bool is_held = exchange.reader.is_held();
  if (is_held == exchange.is_held) {
    return;
  }
  exchange.is_held = is_held;
  if (is_held) {
    ++held_[exchange.session];
  } else if (--held_[exchange.session] == 0) {
    held_.erase(exchange.session);
  }
}

/// The exchange goes.
void HttpChannel::forget_held(const Exchange& exchange) {
  held_bytes_ -= exchange.held_bytes;
  if (exchange.is_held && --held_[exchange.session] == 0) {
    held_.erase(exchange.session);
  }
}

Sent HttpChannel::cancel(AttemptId attempt) {
  auto node = exchanges_.extract(attempt);
  if (!node || node.mapped()->http_id == 0) {
    return Sent::kNo;
  }
  forget_held(*node.mapped());
  if (node.mapped()->is_answered) {
    return Sent::kYes;
  }
  const bool may_be_sent = client_->cancel(node.mapped()->http_id);
  // Not in here: post() may find the next one's turn while curl is calling back.
  next_turn_->arm(loop_.now());
  return may_be_sent ? Sent::kMaybe : Sent::kNo;
}

void HttpChannel::resume(AttemptId attempt) {
  resumed_.push_back(attempt);
  next_turn_->arm(loop_.now());
}

void HttpChannel::go_on(AttemptId attempt) {
  const auto found = exchanges_.find(attempt);
  if (found == exchanges_.end() || !found->second->is_held) {
    return;
  }
  Exchange& exchange = *found->second;
  (void)exchange.reader.resume();
  note_held(exchange);
  if (exchange.is_held) {
    return;
  }
  if (exchange.is_answered) {
    const auto node = exchanges_.extract(attempt);
    finish(*node.mapped(), node.mapped()->reader.finish(), kStatusOk);
  } else {
    client_->resume(exchange.http_id);
  }
}

Flow HttpChannel::on_http_body(uint64_t tag, int status, std::string_view bytes) {
  Exchange& exchange = *exchanges_.find(tag)->second;
  if (is_success(status)) {
    const Flow flow = exchange.reader.take(bytes);
    note_held(exchange);
    if (!exchange.is_held || held_bytes_ <= options_.held_bytes_max) {
      return flow;
    }
    held_bytes_ -= std::exchange(exchange.held_bytes, 0);  // at once, or the next one falls too
    return exchange.reader.refuse(Outcome::kTooLarge,
                                  "the worker does not read, and held_bytes_max is used up");
  }
  exchange.error_status = status;
  if (exchange.error_body_bytes += bytes.size(); exchange.error_body_bytes > kErrorBodyBytesMax) {
    return Flow::kDropped;
  }
  if (!exchange.reader.has_fault()) {
    (void)exchange.reader.take(bytes);
  }
  return Flow::kOk;
}

void HttpChannel::on_http_done(uint64_t tag, const HttpResult& http) {
  const auto found = exchanges_.find(tag);
  const bool is_whole = http.end == HttpResult::End::kAnswered;
  if (is_whole && is_success(http.status) && found->second->is_held) {
    found->second->is_answered = true;
    post_waiting();
    return;
  }
  const std::unique_ptr<Exchange> exchange = std::move(found->second);
  exchanges_.erase(found);
  AttemptResult result;
  if (http.status != 0 && !is_success(http.status) && (is_whole || exchange->error_status != 0)) {
    result = exchange->reader.finish_with_status(http.status);
  } else if (is_whole || exchange->reader.has_fault()) {
    result = exchange->reader.finish();
  } else {
    result.outcome = outcome_of(http.end);
    result.detail = http.detail;
  }
  result.sent = http.may_be_sent ? Sent::kMaybe : Sent::kNo;
  if (!http.retry_after.empty()) {
    result.retry_after = parse_retry_after(http.retry_after, loop_.unix_now());
  }
  finish(*exchange, result, http.status);
}

/// Requires: the exchange is out of exchanges_ already.
void HttpChannel::finish(Exchange& exchange, AttemptResult result, int status) {
  forget_held(exchange);
  result.http_status = status;
  if (result.outcome != Outcome::kResult) {
    result.body = scrubber_.scrub(result.body);
  }
  result.sent = status != 0 ? Sent::kYes : result.sent;
  post_waiting();
  exchange.sink->on_attempt_done(exchange.attempt, result);
}

}  // namespace sidecar

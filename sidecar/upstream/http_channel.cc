#include "upstream/http_channel.h"

#include <utility>

#include "rpc/envelope.h"

namespace sidecar {

namespace {

/// More of a refusal's body than this tells nobody anything.
constexpr size_t kErrorBodyBytesMax = 64 * 1024;

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
      next_upstream_id_(first_id),
      waiting_(options.queue_max),
      next_turn_(loop.make_timer([this]() { on_next_turn(); })) {}

HttpChannel::~HttpChannel() = default;

void HttpChannel::start(const Attempt& attempt, AttemptSink& sink) {
  const uint64_t upstream_id = next_upstream_id_++;
  auto owned = std::make_unique<Exchange>(
      Exchange{attempt.id,
               attempt.may_resend,
               &sink,
               {},
               0,
               0,
               0,
               ResponseReader(attempt.id, upstream_id,
                              {options_.stream_bytes_min, attempt.may_stream}, sink)});
  Exchange& exchange = *owned;
  exchange.request.reserve(attempt.request_tail.size() + 48);
  append_request_head(exchange.request, upstream_id);
  exchange.request.append(attempt.request_tail);
  exchanges_.emplace(attempt.id, std::move(owned));
  if (waiting_.size() == 0 && client_->room() > 0) {
    post(exchange);
  } else if (!waiting_.push(attempt.session, attempt.id)) {
    refused_.push_back(attempt.id);
    next_turn_->arm(loop_.now());
  }
}

void HttpChannel::post(Exchange& exchange) {
  exchange.http_id =
      client_->start(exchange.attempt, std::move(exchange.request), exchange.may_resend);
}

void HttpChannel::post_waiting() {
  while (client_->room() > 0) {
    const auto next = waiting_.pop();
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
  post_waiting();
}

Sent HttpChannel::cancel(AttemptId attempt) {
  auto node = exchanges_.extract(attempt);
  if (!node || node.mapped()->http_id == 0) {
    return Sent::kNo;
  }
  const bool may_be_sent = client_->cancel(node.mapped()->http_id);
  // Not in here: post() may find the next one's turn while curl is calling back.
  next_turn_->arm(loop_.now());
  return may_be_sent ? Sent::kMaybe : Sent::kNo;
}

void HttpChannel::resume(AttemptId attempt) {
  const auto found = exchanges_.find(attempt);
  if (found != exchanges_.end()) {
    client_->resume(found->second->http_id);
  }
}

Flow HttpChannel::on_http_body(uint64_t tag, int status, std::string_view bytes) {
  Exchange& exchange = *exchanges_.find(tag)->second;
  if (is_success(status)) {
    return exchange.reader.take(bytes);
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
  auto node = exchanges_.extract(tag);
  Exchange& exchange = *node.mapped();
  AttemptResult result;
  const bool is_whole = http.end == HttpResult::End::kAnswered;
  if (http.status != 0 && !is_success(http.status) && (is_whole || exchange.error_status != 0)) {
    result = exchange.reader.finish_with_status(http.status);
  } else if (is_whole || exchange.reader.has_fault()) {
    result = exchange.reader.finish();
  } else {
    result.outcome = outcome_of(http.end);
    result.detail = http.detail;
  }
  result.http_status = http.status;
  result.sent = http.status != 0 ? Sent::kYes : http.may_be_sent ? Sent::kMaybe : Sent::kNo;
  post_waiting();
  exchange.sink->on_attempt_done(exchange.attempt, result);
}

}  // namespace sidecar

#include "upstream/ws_channel.h"

#include <algorithm>
#include <utility>

#include "policy/retry_after.h"
#include "rpc/json_text.h"

namespace sidecar {

namespace {

constexpr int kTooManyRequests = 429;
constexpr int kUnavailable = 503;

Outcome outcome_of(WsFailure::End end) {
  switch (end) {
    case WsFailure::End::kConnect:
      return Outcome::kConnect;
    case WsFailure::End::kTls:
      return Outcome::kTls;
    case WsFailure::End::kRefused:
      return Outcome::kHttpStatus;
    case WsFailure::End::kClosed:
      return Outcome::kClosed;
    case WsFailure::End::kProtocol:
      return Outcome::kProtocol;
    case WsFailure::End::kTooLarge:
      return Outcome::kTooLarge;
  }
  return Outcome::kProtocol;
}

}  // namespace

Result<std::unique_ptr<WsChannel>> WsChannel::create(Loop& loop, const ProviderOptions& options,
                                                     uint64_t first_id, uint64_t seed) {
  if (!options.proxy.empty()) {
    return Error{Errc::kInvalid, "proxy is not supported for ws of provider " + options.name};
  }
  WsClientOptions ws;
  ws.url = options.ws;
  ws.headers = options.headers;
  ws.ca_file = options.ca_file;
  ws.connect_timeout = options.connect_timeout;
  ws.message_bytes_max = options.response_bytes_max;
  ws.ping_interval = options.ping_interval;
  ws.ping_misses_max = options.ping_misses_max;
  std::unique_ptr<WsChannel> channel(new WsChannel(loop, options, first_id, seed));
  auto client = WsClient::create(loop, ws, seed ^ first_id, *channel);
  if (!client.ok()) {
    return client.error();
  }
  channel->client_ = std::move(client).value();
  return channel;
}

WsChannel::WsChannel(Loop& loop, const ProviderOptions& options, uint64_t first_id, uint64_t seed)
    : loop_(loop), mux_(loop, {first_id, seed, options.queue_max, Scrubber(options)}, *this) {}

WsChannel::~WsChannel() = default;

bool WsChannel::dial() {
  client_->connect();
  return true;
}

void WsChannel::send(std::string_view text) {
  client_->send(text);
}

void WsChannel::on_ws_connected() {
  mux_.on_link_up();
}

void WsChannel::on_ws_text(std::string_view text) {
  text.remove_prefix(skip_whitespace(text));
  scanner_.reset();
  const JsonScanner::Step step = scanner_.feed(text);
  const std::string_view rest = text.substr(step.consumed);
  if (step.status == ScanStatus::kDone && skip_whitespace(rest) == rest.size()) {
    mux_.on_link_text(text.substr(0, step.consumed), scanner_);
    return;
  }
  client_->close(ws_code::kBadText);
  Multiplex::Loss loss;
  loss.why.outcome = Outcome::kBadJson;
  loss.why.detail = step.status == ScanStatus::kError  ? scan_error_text(scanner_.error())
                    : step.status == ScanStatus::kDone ? "two documents"
                                                       : "truncated JSON";
  mux_.on_link_lost(loss);
}

void WsChannel::on_ws_failed(const WsFailure& failure) {
  Multiplex::Loss loss;
  loss.why.outcome = outcome_of(failure.end);
  loss.why.detail = failure.what;
  loss.why.http_status = failure.http_status;
  if (!failure.retry_after.empty()) {
    loss.why.retry_after = parse_retry_after(failure.retry_after, loop_.unix_now());
  }
  if (failure.http_status == kTooManyRequests || failure.http_status == kUnavailable ||
      failure.close_code == ws_code::kTryLater) {
    loss.pause_min = std::min(loss.why.retry_after.value_or(kThrottledPause), kPauseMax);
  }
  mux_.on_link_lost(loss);
}

}  // namespace sidecar

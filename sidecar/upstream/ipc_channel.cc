#include "upstream/ipc_channel.h"

#include <algorithm>
#include <utility>

#include "rpc/envelope.h"
#include "rpc/json_text.h"

namespace sidecar {

namespace {

/// The queue towards a node has no reader to be considerate of; only queue_max bounds it.
constexpr size_t kQueueMark = size_t{1} << 30;

TextStream::Options text_options(const ProviderOptions& options) {
  TextStream::Options text;
  text.text_bytes_max = options.response_bytes_max;
  text.elements_max = 0;
  return text;
}

}  // namespace

IpcChannel::IpcChannel(Loop& loop, const ProviderOptions& options, uint64_t first_id, uint64_t seed)
    : loop_(loop),
      options_(options),
      next_upstream_id_(first_id),
      next_turn_(loop.make_timer([this]() { on_next_turn(); })),
      random_(seed),
      not_before_(loop.now()) {}

IpcChannel::~IpcChannel() = default;

void IpcChannel::start(const Attempt& attempt, AttemptSink& sink) {
  if (state_ == State::kDown) {
    if (loop_.now() < not_before_) {
      refuse_later(attempt.id, sink, Outcome::kConnect);
      return;
    }
    dial();
  }
  if (exchanges_.size() >= options_.queue_max || state_ == State::kDown) {
    refuse_later(attempt.id, sink, state_ == State::kDown ? Outcome::kConnect : Outcome::kBusy);
    return;
  }
  const uint64_t upstream_id = next_upstream_id_++;
  const bool is_up = state_ == State::kUp;
  std::string& out = is_up ? stream_->out() : held_;
  append_request_head(out, upstream_id);
  out.append(attempt.request_tail);
  out += '\n';
  if (is_up) {
    stream_->commit();
  }
  exchanges_.emplace(upstream_id, Exchange{attempt.id, &sink, is_up});
  upstream_ids_.emplace(attempt.id, upstream_id);
}

void IpcChannel::dial() {
  auto dialled = Stream::connect(loop_, options_.ipc, kQueueMark, *this);
  if (dialled.ok()) {
    stream_ = std::move(dialled).value();
    state_ = State::kDialling;
    texts_.emplace(text_options(options_));
  }
}

void IpcChannel::on_stream_connected() {
  state_ = State::kUp;
  failures_ = 0;
  ++epoch_;
  for (auto& [id, exchange] : exchanges_) {
    exchange.is_sent = true;
  }
  stream_->write(std::exchange(held_, {}));
}

void IpcChannel::on_stream_bytes(std::string_view bytes) {
  texts_->feed(bytes);
  while (stream_) {
    const TextStream::Step step = texts_->next();
    switch (step.event) {
      case TextStream::Event::kText:
        take_answer(step.text);
        break;
      case TextStream::Event::kNeedMore:
        return;
      case TextStream::Event::kBadText:
        lose_connection(Outcome::kBadJson, scan_error_text(texts_->scanner().error()));
        return;
      case TextStream::Event::kTooLarge:
        lose_connection(Outcome::kTooLarge, "answer over response_bytes_max");
        return;
    }
  }
}

void IpcChannel::take_answer(std::string_view text) {
  const ResponseView view = parse_response(text, texts_->scanner());
  if (view.kind == ResponseKind::kNotification) {
    return;
  }
  const auto upstream_id = to_uint64(view.id);
  auto node = upstream_id ? exchanges_.extract(*upstream_id) : decltype(exchanges_)::node_type{};
  if (!node) {
    // The answer to a cancelled attempt, or to nothing we asked: nobody waits for either.
    return;
  }
  const Exchange exchange = node.mapped();
  upstream_ids_.erase(exchange.attempt);
  AttemptResult result;
  switch (view.kind) {
    case ResponseKind::kResult:
      result.body = view.result;
      break;
    case ResponseKind::kError:
      result.outcome = Outcome::kRpcError;
      result.body = view.error;
      break;
    case ResponseKind::kNotification:
    case ResponseKind::kBad:
      result.outcome = Outcome::kBadJson;
      result.detail = response_fault_text(view.fault);
      break;
  }
  exchange.sink->on_attempt_done(exchange.attempt, result);
}

void IpcChannel::on_stream_eof() {
  lose_connection(Outcome::kClosed, "closed by the node");
}

void IpcChannel::on_stream_failed(std::string_view what) {
  lose_connection(state_ == State::kUp ? Outcome::kClosed : Outcome::kConnect, what);
}

void IpcChannel::lose_connection(Outcome outcome, std::string_view detail) {
  stream_.reset();
  state_ = State::kDown;
  held_.clear();
  // Full jitter: many hosts that lost one node do not come back in step.
  const Millis cap = std::min(kPauseMax, kPauseMin * (1u << std::min(failures_, 7u)));
  ++failures_;
  not_before_ = loop_.now() + Millis(random_.below(static_cast<uint64_t>(cap.count()) + 1));
  std::unordered_map<uint64_t, Exchange> lost;
  lost.swap(exchanges_);
  upstream_ids_.clear();
  for (const auto& [id, exchange] : lost) {
    AttemptResult result;
    result.outcome = outcome;
    result.sent = exchange.is_sent ? Sent::kMaybe : Sent::kNo;
    result.detail = detail;
    exchange.sink->on_attempt_done(exchange.attempt, result);
  }
}

Sent IpcChannel::cancel(AttemptId attempt) {
  std::erase_if(refused_, [attempt](const Refused& one) { return one.attempt == attempt; });
  auto node = upstream_ids_.extract(attempt);
  if (!node) {
    return Sent::kNo;
  }
  const auto exchange = exchanges_.extract(node.mapped());
  return exchange.mapped().is_sent ? Sent::kMaybe : Sent::kNo;
}

void IpcChannel::resume(AttemptId) {}

void IpcChannel::refuse_later(AttemptId attempt, AttemptSink& sink, Outcome outcome) {
  refused_.push_back({attempt, &sink, outcome});
  next_turn_->arm(loop_.now());
}

void IpcChannel::on_next_turn() {
  std::vector<Refused> refused;
  refused.swap(refused_);
  for (const Refused& one : refused) {
    AttemptResult result;
    result.outcome = one.outcome;
    result.sent = Sent::kNo;
    result.detail = one.outcome == Outcome::kBusy ? "queue_max attempts are waiting"
                                                  : "the node's socket cannot be reached";
    one.sink->on_attempt_done(one.attempt, result);
  }
}

}  // namespace sidecar

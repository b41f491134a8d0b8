#include "upstream/multiplex.h"

#include <algorithm>

#include "rpc/envelope.h"
#include "rpc/json_text.h"

namespace sidecar {

Multiplex::Multiplex(Timers& timers, const Options& options, TextLink& link)
    : timers_(timers),
      options_(options),
      link_(link),
      next_upstream_id_(options.first_id),
      feeds_(*this, timers),
      next_turn_(timers.make_timer([this]() { on_next_turn(); })),
      random_(options.seed),
      not_before_(timers.now()),
      last_detail_("not connected") {
  dials_.fill(timers.now() - kDialsSpan);
}

Multiplex::~Multiplex() = default;

// ---- calls

void Multiplex::start(const Attempt& attempt, AttemptSink& sink) {
  const bool is_full = exchanges_.size() >= options_.queue_max;
  if (is_full || !ensure_dialled()) {
    refused_.push_back(
        {attempt.id, &sink, is_full ? Outcome::kBusy : Outcome::kConnect, Sent::kNo});
    next_turn_->arm(timers_.now());
    return;
  }
  const uint64_t id = next_upstream_id_++;
  text_.clear();
  append_request_head(text_, id);
  text_.append(attempt.request_tail);
  exchanges_.emplace(id, Exchange{attempt.id, &sink, state_ == State::kUp});
  upstream_ids_.emplace(attempt.id, id);
  send_or_hold(id);
}

Sent Multiplex::cancel(AttemptId attempt) {
  std::erase_if(refused_, [attempt](const EndedAttempt& one) { return one.attempt == attempt; });
  for (EndedAttempt& one : lost_) {
    if (one.attempt == attempt && one.sink != nullptr) {
      one.sink = nullptr;
      return one.sent;
    }
  }
  const auto node = upstream_ids_.extract(attempt);
  if (!node) {
    return Sent::kNo;
  }
  const auto exchange = exchanges_.extract(node.mapped());
  if (!exchange.mapped().is_sent) {
    withdraw(node.mapped());
  }
  return exchange.mapped().is_sent ? Sent::kMaybe : Sent::kNo;
}

// ---- feeds

void Multiplex::open_feed(const FeedOpening& opening, FeedSink& sink) {
  if (!ensure_dialled()) {
    refused_feeds_.push_back({opening.id, &sink});
    next_turn_->arm(timers_.now());
    return;
  }
  feeds_.open(opening, sink);
}

void Multiplex::close_feed(SourceId source) {
  for (RefusedFeed& one : refused_feeds_) {
    one.sink = one.source == source ? nullptr : one.sink;
  }
  feeds_.close(source);
}

uint64_t Multiplex::ask(std::string_view method, std::string_view params) {
  const uint64_t id = next_upstream_id_++;
  text_.clear();
  append_request(text_, id, method, params);
  send_or_hold(id);
  return id;
}

bool Multiplex::withdraw(uint64_t upstream_id) {
  return std::erase_if(
             held_, [upstream_id](const Held& one) { return one.upstream_id == upstream_id; }) > 0;
}

// ---- the link

bool Multiplex::ensure_dialled() {
  if (state_ != State::kDown) {
    return true;
  }
  if (timers_.now() < not_before_) {
    return false;
  }
  dials_[next_dial_] = timers_.now();
  next_dial_ = (next_dial_ + 1) % kDialsMax;
  if (!link_.dial()) {
    last_detail_ = "cannot be dialled";
    pause(Millis(0));
    return false;
  }
  state_ = State::kDialling;
  return true;
}

void Multiplex::send_or_hold(uint64_t upstream_id) {
  if (state_ == State::kUp) {
    link_.send(text_);
  } else {
    held_.push_back({upstream_id, text_});
  }
}

void Multiplex::on_link_up() {
  state_ = State::kUp;
  ++epoch_;
  for (auto& [id, exchange] : exchanges_) {
    exchange.is_sent = true;
  }
  for (const Held& one : std::exchange(held_, {})) {
    link_.send(one.text);
  }
}

void Multiplex::on_link_text(std::string_view text, const JsonScanner& scanner) {
  failures_ = 0;
  ResponseView view = parse_response(text, scanner);
  if (view.kind == ResponseKind::kError) {
    view.error = options_.scrubber.scrub(view.error);
  }
  if (view.kind == ResponseKind::kNotification) {
    feeds_.take_event(view.method, view.params);
  } else {
    take_answer(view);
  }
}

void Multiplex::take_answer(const ResponseView& view) {
  const auto upstream_id = to_uint64(view.id);
  if (!upstream_id || feeds_.take_answer(*upstream_id, view)) {
    return;
  }
  const auto node = exchanges_.extract(*upstream_id);
  if (!node) {
    return;  // the answer to a cancelled attempt, or to nothing we asked: nobody waits for either
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

void Multiplex::pause(Millis at_least) {
  const Millis cap = std::min(kPauseMax, kPauseMin * (1u << std::min(failures_, 7u)));
  ++failures_;
  const Millis jitter(random_.below(static_cast<uint64_t>(cap.count()) + 1));
  // All that were told to wait as long shall not come back in one moment either.
  const Millis wait =
      at_least + Millis(random_.below(static_cast<uint64_t>(at_least.count()) / 4 + 1));
  not_before_ = std::max(timers_.now() + std::max(jitter, wait), dials_[next_dial_] + kDialsSpan);
}

void Multiplex::on_link_lost(const Loss& loss) {
  state_ = State::kDown;
  held_.clear();
  pause(loss.pause_min);
  last_detail_ = loss.why.detail;
  AttemptResult why = loss.why;
  if (why.outcome == Outcome::kTooLarge && exchanges_.size() != 1) {
    why.outcome =
        Outcome::kClosed;  // whose answer it was nobody knows; the others may go elsewhere
  }
  size_t at = lost_.size();
  for (const auto& [id, exchange] : exchanges_) {
    lost_.push_back({exchange.attempt, exchange.sink, why.outcome,
                     exchange.is_sent ? Sent::kMaybe : Sent::kNo});
  }
  exchanges_.clear();
  upstream_ids_.clear();
  for (; at < lost_.size(); ++at) {
    const EndedAttempt one = lost_[at];
    if (one.sink != nullptr) {
      lost_[at].sink = nullptr;
      why.sent = one.sent;
      one.sink->on_attempt_done(one.attempt, why);
    }
  }
  lost_.clear();
  why.sent = Sent::kMaybe;
  feeds_.lose_all(why);
}

void Multiplex::on_next_turn() {
  // What is refused during these calls waits for another turn.
  std::vector<EndedAttempt> refused;
  refused.swap(refused_);
  size_t at = lost_.size();
  lost_.insert(lost_.end(), refused.begin(), refused.end());
  const size_t end = lost_.size();
  for (; at < end; ++at) {
    const EndedAttempt one = lost_[at];
    if (one.sink != nullptr) {
      lost_[at].sink = nullptr;
      AttemptResult result;
      result.outcome = one.outcome;
      result.sent = Sent::kNo;
      result.detail = one.outcome == Outcome::kBusy ? "queue_max attempts are waiting"
                                                    : std::string_view(last_detail_);
      one.sink->on_attempt_done(one.attempt, result);
    }
  }
  lost_.clear();
  const size_t feeds = refused_feeds_.size();
  for (size_t i = 0; i < feeds; ++i) {
    const RefusedFeed one = refused_feeds_[i];
    if (one.sink != nullptr) {
      refused_feeds_[i].sink = nullptr;
      AttemptResult why;
      why.outcome = Outcome::kConnect;
      why.sent = Sent::kNo;
      why.detail = last_detail_;
      one.sink->on_feed_lost(one.source, why);
    }
  }
  refused_feeds_.erase(refused_feeds_.begin(),
                       refused_feeds_.begin() + static_cast<std::ptrdiff_t>(feeds));
}

}  // namespace sidecar

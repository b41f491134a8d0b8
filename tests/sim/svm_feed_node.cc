#include "tests/sim/svm_feed_node.h"

#include <algorithm>

#include "rpc/json_walk.h"

namespace sidecar::testing {

void SvmFeedNode::start(const Attempt& attempt, AttemptSink& sink) {
  calls_.emplace(attempt.id, &sink);
  trace_("call " + std::string(attempt.request_tail));
  if (faults.is_mute && !faults.is_down) {
    return;
  }
  const auto arrive = [this, id = attempt.id](const std::string& body, Outcome outcome) {
    const auto call = calls_.extract(id);
    if (call) {
      AttemptResult result;
      result.outcome = outcome;
      result.sent = outcome == Outcome::kConnect ? Sent::kNo : Sent::kMaybe;
      result.body = body;
      call.mapped()->on_attempt_done(id, result);
    }
  };
  time_.after(latency(), [this, request = "{" + std::string(attempt.request_tail), arrive]() {
    const std::string body = faults.is_down
                                 ? ""
                                 : answer_to(json_plain_string(json_member(request, "method")),
                                             json_member(request, "params"));
    const Outcome outcome = faults.is_down ? Outcome::kConnect : Outcome::kResult;
    time_.after(latency(), [arrive, body, outcome]() { arrive(body, outcome); });
  });
}

Sent SvmFeedNode::cancel(AttemptId attempt) {
  calls_.erase(attempt);
  return Sent::kMaybe;
}

void SvmFeedNode::open_feed(const FeedOpening& opening, FeedSink& sink) {
  const std::string key = std::string(opening.method) + std::string(opening.params);
  trace_("open " + std::to_string(opening.id) + " " + key);
  open_.emplace(opening.id,
                Open{key, SvmFeedTopic::parse(opening.method, opening.params), &sink, false});
  on_opened_(key);
  time_.after(latency(), [this, id = opening.id]() { begin(id); });
}

void SvmFeedNode::close_feed(SourceId source) {
  trace_("close " + std::to_string(source));
  open_.erase(source);
}

/// What the node makes of a wish, and what it says of it.
void SvmFeedNode::begin(SourceId id) {
  const auto open = open_.find(id);
  if (open == open_.end() || (faults.is_mute && !faults.is_down)) {
    return;
  }
  const bool is_down = faults.is_down;
  const bool is_good = !is_down && !faults.is_refusing;
  open->second.is_confirmed = is_good;
  say([this, id, is_good, is_down]() {
    const auto one = open_.find(id);
    if (one == open_.end()) {
      return;
    }
    FeedSink* to = one->second.sink;
    if (is_good) {
      to->on_feed_open(id);
      return;
    }
    open_.erase(one);
    AttemptResult why;
    why.outcome = is_down ? Outcome::kConnect : Outcome::kRpcError;
    why.body = is_down ? "" : R"({"code":-32005,"message":"too many subscriptions"})";
    to->on_feed_lost(id, why);
  });
}

/// Arrives in order.
void SvmFeedNode::say(std::function<void()> what) {
  said_at_ = std::max(said_at_, time_.now() + Millis(random_.below(25)));
  time_.at(said_at_, std::move(what));
}

void SvmFeedNode::drop_connection() {
  ++epoch_;
  trace_("connection ends");
  const auto open = std::exchange(open_, {});
  const auto calls = std::exchange(calls_, {});
  AttemptResult why;
  why.outcome = Outcome::kClosed;
  why.sent = Sent::kMaybe;
  for (const auto& [id, one] : open) {
    one.sink->on_feed_lost(id, why);
  }
  for (const auto& [id, sink] : calls) {
    sink->on_attempt_done(id, why);
  }
}

size_t SvmFeedNode::open_count(std::string_view key) const {
  return static_cast<size_t>(std::count_if(
      open_.begin(), open_.end(), [key](const auto& one) { return one.second.key == key; }));
}

void SvmFeedNode::on_chain_grown() {
  time_.after(faults.lag + Millis(random_.below(30)),
              [this, count = chain_.blocks().size()]() { see(count); });
}

void SvmFeedNode::see(size_t count) {
  Events events;
  for (; seen_ < count; ++seen_) {
    for (const auto& [id, one] : open_) {
      if (one.is_confirmed && !faults.is_down && !faults.is_silent) {
        tell_step(id, one.topic, events);
      }
    }
  }
  if (events.empty()) {
    return;
  }
  const uint32_t percent_repeated = faults.percent_repeated;
  say([this, events = std::move(events), percent_repeated]() {
    for (const auto& [id, text] : events) {
      const int times = random_.below(100) < percent_repeated ? 2 : 1;
      for (int i = 0; i < times; ++i) {
        if (const auto one = open_.find(id); one != open_.end()) {
          one->second.sink->on_feed_event(id, text);
        }
      }
    }
  });
}

/// What a subscriber is told when one block more is seen.
void SvmFeedNode::tell_step(SourceId id, const SvmFeedTopic& topic, Events& events) const {
  if (topic.kind == SvmFeedKind::kSlot) {
    const SvmFeedBlock& block = chain_.blocks()[seen_];
    events.emplace_back(id, "{\"slot\":" + std::to_string(block.slot) +
                                ",\"parent\":" + std::to_string(block.parent) + ",\"root\":" +
                                std::to_string(chain_.slot_before(root_count(seen_))) + "}");
    return;
  }
  if (topic.kind == SvmFeedKind::kRoot) {
    events.emplace_back(id, std::to_string(chain_.slot_before(root_count(seen_ + 1))));
    return;
  }
  const size_t end = SvmFeedChain::count(topic.level, seen_ + 1);
  for (size_t at = SvmFeedChain::count(topic.level, seen_); at < end; ++at) {
    tell_block(id, topic, chain_.blocks()[at], events);
  }
}

void SvmFeedNode::tell_block(SourceId id, const SvmFeedTopic& topic, const SvmFeedBlock& block,
                             Events& events) const {
  const auto put = [id, &block, &events](std::string_view value) {
    events.emplace_back(id, SvmFeedChain::in_context(block.slot, value));
  };
  for (const SvmFeedTransaction& one : block.transactions) {
    const bool is_logged = topic.kind == SvmFeedKind::kAllLogs ||
                           (topic.kind == SvmFeedKind::kLogs && one.mentions[topic.account]);
    if (is_logged) {
      put(SvmFeedChain::logs_text(one));
    } else if (topic.kind == SvmFeedKind::kSignature && one.signature == topic.signature) {
      put("{\"err\":" + std::string(SvmFeedChain::err_text(one)) + "}");
    }
  }
  for (const SvmFeedChange& change : block.changes) {
    if (topic.kind == SvmFeedKind::kAccount && change.account == topic.account) {
      put(SvmFeedChain::account_text(change.lamports));
    } else if (topic.kind == SvmFeedKind::kProgram && change.account > 0 && change.lamports > 0) {
      put(SvmFeedChain::keyed_text(change));
    }
  }
  if (topic.kind == SvmFeedKind::kBlock) {
    put("{\"slot\":" + std::to_string(block.slot) +
        ",\"block\":" + SvmFeedChain::block_text(block) + ",\"err\":null}");
  }
}

}  // namespace sidecar::testing

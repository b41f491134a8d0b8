#include "tests/sim/feed_node.h"

#include <algorithm>
#include <utility>

#include "rpc/byte_text.h"
#include "rpc/json_text.h"
#include "rpc/json_walk.h"

namespace sidecar::testing {

void FeedNode::start(const Attempt& attempt, AttemptSink& sink) {
  calls_.emplace(attempt.id, &sink);
  trace_("call " + std::string(attempt.request_tail));
  if (faults.is_mute && !faults.is_down) {
    return;
  }
  const std::string request = "{" + std::string(attempt.request_tail);
  time_.after(latency(), [this, id = attempt.id, request]() {
    const auto call = calls_.extract(id);
    if (!call) {
      return;
    }
    AttemptResult result;
    std::string body;
    if (faults.is_down) {
      result.outcome = Outcome::kConnect;
      result.sent = Sent::kNo;
    } else {
      body = answer_to(request);
      result.body = body;
    }
    call.mapped()->on_attempt_done(id, result);
  });
}

Sent FeedNode::cancel(AttemptId attempt) {
  calls_.erase(attempt);
  return Sent::kMaybe;
}

void FeedNode::open_feed(const FeedOpening& opening, FeedSink& sink) {
  trace_("open " + std::to_string(opening.id) + " " + std::string(opening.params));
  open_.emplace(opening.id, Open{std::string(opening.params), &sink, false});
  time_.after(latency(), [this, id = opening.id]() {
    const auto open = open_.find(id);
    if (open == open_.end() || (faults.is_mute && !faults.is_down)) {
      return;
    }
    if (!faults.is_down && !faults.is_refusing) {
      open->second.is_confirmed = true;
      open->second.sink->on_feed_open(id);
      return;
    }
    FeedSink* to = open->second.sink;
    open_.erase(open);
    AttemptResult why;
    why.outcome = faults.is_down ? Outcome::kConnect : Outcome::kRpcError;
    why.body = faults.is_down ? "" : R"({"code":-32005,"message":"too many subscriptions"})";
    to->on_feed_lost(id, why);
  });
}

void FeedNode::drop_connection() {
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

void FeedNode::on_chain_grown() {
  time_.after(faults.lag + Millis(random_.below(30)),
              [this, canonical = chain_.canonical()]() { see(canonical); });
}

/// What came late does not replace what is newer.
void FeedNode::see(std::vector<std::string> canonical) {
  if (canonical.size() <= seen_.size()) {
    return;
  }
  const std::vector<std::string> before = std::exchange(seen_, std::move(canonical));
  const auto [was, is] = std::mismatch(before.begin(), before.end(), seen_.begin());
  tell_branch(before, static_cast<size_t>(was - before.begin()));
}

void FeedNode::tell_branch(const std::vector<std::string>& before, size_t common) {
  for (size_t i = before.size(); i > common; --i) {
    const FeedBlock& orphan = chain_.at(before[i - 1]);
    for (auto log = orphan.logs.rbegin(); log != orphan.logs.rend(); ++log) {
      if (log->is_mine) {
        tell("logs", FeedChain::log_text(*log, true), false);
      }
    }
  }
  const std::vector<std::string> branch(seen_.begin() + static_cast<long>(common), seen_.end());
  for (const std::string& hash : branch) {
    const FeedBlock& block = chain_.at(hash);
    tell("newHeads", FeedChain::header_text(block), true);
    for (const FeedLog& log : block.logs) {
      if (log.is_mine) {
        tell("logs", FeedChain::log_text(log, false), false);
      }
    }
  }
}

void FeedNode::tell(std::string_view kind, const std::string& value, bool may_miss) {
  const bool is_missed = may_miss && random_.below(100) < faults.percent_missed;
  if (faults.is_down || faults.is_silent || is_missed) {
    return;
  }
  std::vector<SourceId> ids;
  for (const auto& [id, one] : open_) {
    if (one.is_confirmed && one.params.find(kind) != std::string::npos) {
      ids.push_back(id);
    }
  }
  std::sort(ids.begin(), ids.end());
  const int times = random_.below(100) < faults.percent_repeated ? 2 : 1;
  for (const SourceId id : ids) {
    for (int i = 0; i < times; ++i) {
      if (const auto one = open_.find(id); one != open_.end()) {
        one->second.sink->on_feed_event(id, value);
      }
    }
  }
}

size_t FeedNode::open_count(std::string_view params) const {
  return static_cast<size_t>(std::count_if(open_.begin(), open_.end(), [params](const auto& one) {
    return one.second.params == params;
  }));
}

std::string FeedNode::answer_to(const std::string& request) const {
  const std::string_view method = json_plain_string(json_member(request, "method"));
  const std::string_view params = json_member(request, "params");
  const std::string_view first = json_plain_string(json_first_element(params));
  if (method == "eth_blockNumber") {
    return "\"" + to_quantity(seen_.size() - 1) + "\"";
  }
  if (method == "eth_getBlockByNumber") {
    const uint64_t number =
        first == "latest" ? seen_.size() - 1 : from_quantity(first).value_or(UINT64_MAX);
    return number < seen_.size() ? FeedChain::header_text(chain_.at(seen_[number])) : "null";
  }
  if (method == "eth_getBlockByHash") {
    const std::string hash(first);
    const bool is_known = chain_.has(hash) && chain_.at(hash).number < seen_.size();
    return is_known ? FeedChain::header_text(chain_.at(hash)) : "null";
  }
  return logs_answer(request);
}

std::string FeedNode::logs_answer(const std::string& request) const {
  const std::string_view filter = json_first_element(json_member(request, "params"));
  const auto from = parse_quantity(json_member(filter, "fromBlock")).value_or(0);
  const auto to = parse_quantity(json_member(filter, "toBlock")).value_or(0);
  std::string out = "[";
  for (uint64_t number = from; number <= to && number < seen_.size(); ++number) {
    for (const FeedLog& log : chain_.at(seen_[number]).logs) {
      if (log.is_mine) {
        out += (out.size() > 1 ? "," : "") + FeedChain::log_text(log, false);
      }
    }
  }
  return out + "]";
}

}  // namespace sidecar::testing

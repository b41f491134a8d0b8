#include "tests/sim/sim_provider.h"

#include <algorithm>
#include <utility>

namespace sidecar::testing {

namespace {

constexpr Nanos kConnectTime = Millis(1);
constexpr Nanos kPartPause = Millis(3);
constexpr size_t kPartBytes = 40;

bool is_write(std::string_view method) {
  return method.starts_with("eth_send") || method == "sendTransaction";
}

/// Faults of the way and of the provider, not of what its node knows.
bool is_of_the_way(SimFault fault) {
  return fault < SimFault::kLag;
}

SimAnswer failed(Outcome outcome, Sent sent, int http_status = 0, std::string body = "") {
  SimAnswer answer;
  answer.outcome = outcome;
  answer.sent = sent;
  answer.http_status = http_status;
  answer.body = std::move(body);
  return answer;
}

std::string error_body(int code, std::string_view message) {
  return "{\"code\":" + std::to_string(code) + ",\"message\":\"" + std::string(message) + "\"}";
}

}  // namespace

SimProvider::SimProvider(SimTime& time, SimTrace& trace, SimChecks& checks, SimChain& chain,
                         size_t index, const SimEndpointSetup& setup, uint64_t seed)
    : time_(time),
      trace_(trace),
      checks_(checks),
      index_(index),
      name_(setup.seed.provider + "/" + std::to_string(index)),
      latency_(setup.latency),
      random_(seed),
      node_(chain, setup.episodes, setup.behind),
      reconnects_percent_(setup.reconnects_percent) {
  // Who is at the other end changes only with the connection.
  for (const SimEpisode& one : setup.episodes) {
    if (one.fault == SimFault::kWrongChain) {
      time_.at(one.from, [this]() { ++epoch_; });
      time_.at(one.until, [this]() { ++epoch_; });
    }
  }
}

void SimProvider::start(const Attempt& attempt, AttemptSink& sink) {
  const SimQuestion question = read_question(attempt.request_tail);
  trace_.note("start", name_, question.call, question.method);
  checks_.on_attempt_started(index_, attempt.id, question);
  maybe_reconnect();
  Live live;
  live.sink = &sink;
  live.tail = attempt.request_tail;
  live.may_stream = attempt.may_stream;
  Nanos delay = draw_latency();
  const SimEpisode* episode = draw_fault();
  const bool is_failing = episode != nullptr && fail(*episode, live, delay);
  const bool is_there = !is_failing || live.sent_on_cancel != Sent::kNo;
  if (is_there && is_write(question.method) &&
      (!live.is_whole || live.answer.outcome == Outcome::kClosed)) {
    // What has left us arrives, whatever becomes of the attempt.
    time_.after(delay / 2, [this, id = attempt.id, tail = live.tail]() { reach_node(id, tail); });
  }
  if (delay != Nanos::max()) {
    live.event = time_.after(delay, [this, id = attempt.id]() { go_on(id); });
  }
  if (!live_.emplace(attempt.id, std::move(live)).second) {
    trace_.broken(8, "attempt started twice on " + name_);
  }
}

/// The first episode that lasts now and takes this request.
const SimEpisode* SimProvider::draw_fault() {
  for (const SimEpisode& one : node_.episodes()) {
    const bool is_on =
        is_of_the_way(one.fault) && one.from <= time_.now() && time_.now() < one.until;
    if (is_on && random_.below(100) < one.percent) {
      return &one;
    }
  }
  return nullptr;
}

/// False: the answer only comes late. `delay`: max = no answer ever.
bool SimProvider::fail(const SimEpisode& episode, Live& live, Nanos& delay) {
  live.is_whole = true;
  switch (episode.fault) {
    case SimFault::kRefuse:
      live.answer = failed(Outcome::kConnect, Sent::kNo);
      live.sent_on_cancel = Sent::kNo;
      delay = kConnectTime;
      return true;
    case SimFault::kTls:
      live.answer = failed(Outcome::kTls, Sent::kNo);
      live.sent_on_cancel = Sent::kNo;
      return true;
    case SimFault::kStall:
      live.is_whole = false;
      delay = Nanos::max();
      return true;
    case SimFault::kSlow:
      live.is_whole = false;
      delay *= 20;
      return false;
    case SimFault::kClose:
      // A connection that had died before is noticed before a byte is sent.
      live.answer = failed(Outcome::kClosed, random_.below(4) == 0 ? Sent::kNo : Sent::kMaybe);
      live.sent_on_cancel = live.answer.sent;
      return true;
    case SimFault::kCut:
      live.is_whole = false;
      live.is_cut = true;
      return false;
    case SimFault::kBadJson:
      live.answer = failed(Outcome::kBadJson, Sent::kYes, 200);
      return true;
    case SimFault::kServerError:
      live.answer = random_.below(2) == 0 ? failed(Outcome::kHttpStatus, Sent::kYes, 503)
                                          : failed(Outcome::kRpcError, Sent::kYes, 502,
                                                   error_body(-32000, "upstream"));
      return true;
    case SimFault::kThrottle:
      live.answer = failed(Outcome::kHttpStatus, Sent::kYes, 429);
      return true;
    case SimFault::kThrottleHint:
      live.answer = failed(Outcome::kHttpStatus, Sent::kYes, 429);
      live.answer.retry_after = Millis(static_cast<int64_t>(random_.below(8'000)));
      return true;
    case SimFault::kThrottleBody:
      live.answer =
          failed(Outcome::kRpcError, Sent::kYes, 200, error_body(429, "too many requests"));
      return true;
    case SimFault::kUnpaid:
      live.answer = failed(Outcome::kHttpStatus, Sent::kYes, 402);
      live.answer.is_refusal = true;
      return true;
    case SimFault::kUnauthorised:
      live.answer = failed(Outcome::kHttpStatus, Sent::kYes, random_.below(2) == 0 ? 401 : 403);
      live.answer.is_refusal = true;
      return true;
    case SimFault::kNodeFault:
      live.answer =
          failed(Outcome::kRpcError, Sent::kYes, 200, error_body(-32603, "internal error"));
      return true;
    case SimFault::kUnknownError:
      live.answer = failed(Outcome::kRpcError, Sent::kYes, 200, error_body(-32000, kUnknownWords));
      return true;
    case SimFault::kUnsupported:
      live.answer =
          failed(Outcome::kRpcError, Sent::kYes, 200, error_body(-32601, "method not found"));
      return true;
    case SimFault::kMissing:
      live.answer = failed(Outcome::kRpcError, Sent::kYes, 200, std::string(node_.missing_error()));
      return true;
    case SimFault::kLag:
    case SimFault::kStuck:
    case SimFault::kSyncing:
    case SimFault::kFork:
    case SimFault::kWrongChain:
    case SimFault::kNullBlocks:
    case SimFault::kHighHead:
      break;
  }
  return false;
}

Nanos SimProvider::draw_latency() {
  const double unit = random_.unit();
  double factor = 1;
  switch (latency_.shape) {
    case SimLatency::Shape::kConstant:
      break;
    case SimLatency::Shape::kSpread:
      factor = 0.5 + unit + random_.unit() * random_.unit();
      break;
    case SimLatency::Shape::kHeavyTail:
      // Pareto: one in a hundred takes forty times as long. Mended with all the rest.
      factor =
          std::min(latency_.tail_until > time_.now() ? 200.0 : 2.0, 0.4 / (1.0001 - unit) + 0.6);
      break;
  }
  return Nanos(static_cast<int64_t>(static_cast<double>(latency_.base.count()) * factor));
}

void SimProvider::reach_node(AttemptId attempt, const std::string& tail) {
  SimAnswer answer = node_.answer(read_question(tail), time_.now());
  const auto found = live_.find(attempt);
  if (found != live_.end() && !found->second.is_whole) {
    found->second.answer = std::move(answer);
    found->second.is_whole = true;
  }
}

/// The next part, or the end.
void SimProvider::go_on(AttemptId attempt) {
  Live& live = live_.find(attempt)->second;
  if (!live.is_whole) {
    live.answer = node_.answer(read_question(live.tail), time_.now());
    live.is_whole = true;
    split(live);
  }
  if (live.parts.empty()) {
    end(attempt);
    return;
  }
  const std::string part = std::move(live.parts.back());
  live.parts.pop_back();
  live.event = 0;
  trace_.note("part", name_, read_question(live.tail).call);
  const Flow flow = live.sink->on_attempt_part(attempt, part);
  const auto found = live_.find(attempt);
  if (found == live_.end()) {
    return;  // cancelled meanwhile
  }
  found->second.is_held = flow == Flow::kFull;
  if (!found->second.is_held) {
    found->second.event = time_.after(kPartPause, [this, attempt]() { go_on(attempt); });
  }
}

void SimProvider::split(Live& live) {
  // Only logs are long enough to come in parts.
  const bool is_long =
      live.answer.body.starts_with('[') && live.answer.body.size() > 3 * kPartBytes;
  if (!live.may_stream || live.answer.outcome != Outcome::kResult || !is_long) {
    return;
  }
  std::string rest = std::move(live.answer.body);
  while (rest.size() > kPartBytes) {
    live.parts.push_back(rest.substr(0, kPartBytes));
    rest.erase(0, kPartBytes);
  }
  live.answer.body = std::move(rest);
  std::reverse(live.parts.begin(), live.parts.end());
  if (live.is_cut) {
    live.parts.erase(live.parts.begin(),
                     live.parts.begin() + static_cast<std::ptrdiff_t>(live.parts.size() / 2));
  }
}

void SimProvider::end(AttemptId attempt) {
  auto node = live_.extract(attempt);
  Live& live = node.mapped();
  if (live.is_cut) {
    live.answer = failed(Outcome::kClosed, Sent::kMaybe);
  }
  const uint64_t call = read_question(live.tail).call;
  trace_.note(
      "end", name_, call,
      std::string(outcome_name(live.answer.outcome)) + " " + live.answer.body.substr(0, 60));
  checks_.on_attempt_ended(attempt, live.answer);
  AttemptResult result;
  result.outcome = live.answer.outcome;
  result.sent = live.answer.sent;
  result.body = live.answer.body;
  result.http_status = live.answer.http_status;
  result.retry_after = live.answer.retry_after;
  live.sink->on_attempt_done(attempt, result);
}

Sent SimProvider::cancel(AttemptId attempt) {
  auto node = live_.extract(attempt);
  if (!node) {
    trace_.broken(8, "cancel of an attempt that is not under way on " + name_);
    return Sent::kNo;
  }
  const Live& live = node.mapped();
  trace_.note("cancel", name_, read_question(live.tail).call);
  time_.forget(live.event);
  checks_.on_attempt_cancelled(attempt, live.sent_on_cancel);
  return live.sent_on_cancel;
}

void SimProvider::resume(AttemptId attempt) {
  const auto found = live_.find(attempt);
  if (found == live_.end()) {
    trace_.broken(8, "resume of an attempt that is not under way on " + name_);
    return;
  }
  if (found->second.is_held) {
    found->second.is_held = false;
    found->second.event = time_.after(kPartPause, [this, attempt]() { go_on(attempt); });
  }
}

void SimProvider::maybe_reconnect() {
  epoch_ += random_.below(100) < reconnects_percent_ ? 1 : 0;
}

}  // namespace sidecar::testing

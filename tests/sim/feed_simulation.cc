#include "tests/sim/feed_simulation.h"

#include <algorithm>
#include <utility>

namespace sidecar::testing {

namespace {

constexpr std::string_view kHeads = R"(["newHeads"])";
constexpr std::string_view kLogs = R"(["logs",{"address":["0xa"]}])";
constexpr uint64_t kEarly = 10;
constexpr Millis kTrouble{120'000};
constexpr Millis kQuiet{60'000};

}  // namespace

FeedSimulation::FeedSimulation(uint64_t seed, std::FILE* trace)
    : trace_(trace), random_(seed), time_(Millis(1'795'262'400'000)), chain_(random_) {
  is_somebody_well_ = random_.below(3) != 0;
  block_time_ = Millis(300 + random_.below(2'000));
  HealthOptions health;
  health.probe.is_on = false;
  PoolOptions options;
  options.head.block_time = block_time_;
  std::vector<EndpointSeed> seeds;
  const size_t count = 2 + random_.below(3);
  for (size_t i = 0; i < count; ++i) {
    nodes_.push_back(std::make_unique<FeedNode>(
        time_, chain_, random_,
        [this, i](const std::string& what) { tell("node " + std::to_string(i) + ": " + what); }));
    nodes_[i]->has_feeds = i == 0 || random_.below(5) != 0;
    EndpointSeed one;
    one.provider = std::string(1, static_cast<char>('a' + i));
    one.tier = static_cast<uint32_t>(1 + random_.below(3));
    one.port = nodes_[i].get();
    seeds.push_back(one);
  }
  pool_ = std::make_unique<Pool>(ChainInfo{1, "ethereum", Family::kEvm, 0}, options, health, seeds,
                                 time_, *this, random_.next());
  FeedOptions feeds;
  feeds.sources = random_.below(4) == 0 ? 2 : 1;
  feeds.open_timeout = Millis(3'000);  // all others may be mute before the one that is well
  feeds.ring_events = random_.below(4) == 0 ? 8 : 1'024;
  hub_ = std::make_unique<SubscriptionHub>(feeds, time_, *this, *this,
                                           std::vector<Pool*>{pool_.get()}, random_.next());
  report_.sources_opened_max = feeds.sources;
}

FeedReport FeedSimulation::run() {
  time_.after(block_time_, [this]() { grow_chain(); });
  time_.after(Millis(3'000), [this]() { begin_fault(); });
  time_.after(Millis(1), [this]() { worker_step(); });
  const Instant quiet_at = time_.now() + kTrouble;
  while (time_.step(quiet_at) && !is_spinning()) {
    check_sources();
  }
  is_quiet_ = true;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    heal(i);
  }
  const Instant end = time_.now() + kQuiet;
  while (time_.step(end) && !is_spinning()) {
    check_sources();
  }
  for (size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = workers_[i];
    if (worker.is_gone) {
      continue;
    }
    for (const std::string& one : worker.check->finish()) {
      report_.broken.push_back("worker " + std::to_string(i) + ": " + one);
    }
    report_.events += worker.check->event_count();
    report_.gaps += worker.check->gap_count();
    hub_->unsubscribe(worker.subscription);
  }
  while (time_.step(end + Millis(20'000))) {
  }
  for (const auto& node : nodes_) {
    if (node->open_count(kHeads) + node->open_count(kLogs) > 0) {
      report_.broken.push_back("an upstream subscription is left over");
    }
  }
  return report_;
}

/// Heads stop a moment before the end, so that everybody can be up to date.
void FeedSimulation::grow_chain() {
  const bool is_reorg = random_.below(10) == 0;
  chain_.grow(is_reorg ? 1 + random_.below(3) : 0);
  tell("chain grows to " + std::to_string(chain_.head().number) + " " + chain_.head().hash);
  for (const auto& node : nodes_) {
    node->on_chain_grown();
  }
  const Instant last = SimTime::kStart + kTrouble + kQuiet - Millis(15'000);
  if (time_.now() + block_time_ < last) {
    const auto jitter = Millis(random_.below(static_cast<uint64_t>(block_time_.count())));
    time_.after(block_time_ / 2 + jitter, [this]() { grow_chain(); });
  }
}

void FeedSimulation::begin_fault() {
  if (is_quiet_) {
    return;
  }
  // The first node stays well where somebody always is.
  const size_t first = is_somebody_well_ ? 1 : 0;
  const size_t at = first + random_.below(nodes_.size() - first);
  FeedFaults& faults = nodes_[at]->faults;
  const uint64_t what = random_.below(8);
  tell("node " + std::to_string(at) + ": fault " + std::to_string(what));
  const bool was_silent = faults.is_silent;
  faults.is_down = what == 0;
  faults.is_silent = what == 1;
  faults.is_refusing = what == 2;
  faults.is_mute = what == 3;
  faults.percent_missed = what == 4 ? 30 : 0;
  faults.percent_repeated = what == 5 ? 50 : 0;
  faults.lag = Millis(what == 6 ? random_.below(5'000) : 0);
  if (what == 0 || what >= 6 || was_silent) {
    nodes_[at]->drop_connection();
  }
  time_.after(Millis(500 + random_.below(15'000)), [this, at]() { heal(at); });
  time_.after(Millis(500 + random_.below(6'000)), [this]() { begin_fault(); });
}

/// Who was silent or missed events is not believed to have told all: its connection ends.
void FeedSimulation::heal(size_t node) {
  FeedNode& one = *nodes_[node];
  const bool is_untrue = one.faults.is_silent;
  one.faults = {};
  tell("node " + std::to_string(node) + ": well");
  if (is_untrue) {
    one.drop_connection();
  }
  one.on_chain_grown();
}

void FeedSimulation::worker_step() {
  if (is_quiet_) {
    return;
  }
  const uint64_t what = random_.below(4);
  if (workers_.size() < 12 && (what < 2 || workers_.size() < 2)) {
    Worker worker;
    worker.kind = random_.below(2) == 0 ? FeedCheck::Kind::kHeads : FeedCheck::Kind::kLogs;
    worker.check = std::make_unique<FeedCheck>(worker.kind, chain_);
    workers_.push_back(std::move(worker));
    subscribe(workers_.size() - 1, false);
  } else if (!workers_.empty()) {
    const size_t at = random_.below(workers_.size());
    Worker& worker = workers_[at];
    if (!worker.is_gone && worker.check->position() && what == 2) {
      hub_->unsubscribe(std::exchange(worker.subscription, 0));
      time_.after(Millis(random_.below(3'000)), [this, at]() { subscribe(at, true); });
      worker.is_gone = true;  // until it is back
    }
  }
  time_.after(Millis(500 + random_.below(5'000)), [this]() { worker_step(); });
}

void FeedSimulation::subscribe(size_t at, bool is_resuming) {
  Worker& worker = workers_[at];
  worker.is_gone = false;
  SubscribeRequest request;
  request.session = at + 1;
  request.token = at;
  request.method = "eth_subscribe";
  request.params = worker.kind == FeedCheck::Kind::kHeads ? kHeads : kLogs;
  if (is_resuming && worker.check->position()) {
    request.has_resume = true;
    request.resume = *worker.check->position();
  }
  tell("worker " + std::to_string(at) + (is_resuming ? " resumes" : " subscribes"));
  worker.subscription = hub_->subscribe(request);
}

void FeedSimulation::on_subscribed(SessionId, uint64_t token, FeedPosition at) {
  tell("worker " + std::to_string(token) + " at " + std::to_string(at.seq));
  workers_[token].check->on_subscribed(at);
}

void FeedSimulation::on_event(const FeedEvent& event, std::span<const Subscriber> to) {
  tell("event " + std::to_string(event.at.seq) + " " + std::string(event.value));
  // Of what was before a feed's first head only its parent is known.
  const bool is_early_reorg =
      event.at.seq <= kEarly && event.value.find("\"reorg\"") != std::string_view::npos;
  if (event.kind == EventKind::kGap && is_somebody_well_ && !is_early_reorg &&
      event.value.find("\"resume\"") == std::string_view::npos) {
    report_.broken.push_back("a gap though somebody was well: " + std::string(event.value));
  }
  for (const Subscriber& each : to) {
    workers_[each.token].check->on_event(event);
  }
}

/// Nobody could be found in time: the worker asks again.
void FeedSimulation::on_subscription_lost(SessionId, uint64_t token, std::string_view error) {
  tell("worker " + std::to_string(token) + " lost " + std::string(error));
  if (is_somebody_well_) {
    report_.broken.push_back("refused though somebody was well: " + std::string(error));
  }
  workers_[token].is_gone = true;
  time_.after(Millis(1'000), [this, token]() { subscribe(token, true); });
}

/// One upstream subscription a feed and source, and one more while it is replaced.
void FeedSimulation::check_sources() {
  for (const std::string_view params : {kHeads, kLogs}) {
    size_t open = 0;
    for (const auto& node : nodes_) {
      const size_t here = node->open_count(params);
      open += here;
      if (here > 1) {
        report_.broken.push_back("two subscriptions to one thing at one provider");
      }
    }
    if (open > report_.sources_opened_max + 1) {
      report_.broken.push_back(std::to_string(open) + " upstream subscriptions to one thing");
    }
  }
}

bool FeedSimulation::is_spinning() {
  const bool is_so = time_.turns_at_once() > 10'000;
  if (is_so) {
    report_.broken.push_back("something spins");
  }
  return is_so;
}

void FeedSimulation::tell(const std::string& what) {
  if (trace_ != nullptr) {
    const auto at = std::chrono::duration_cast<Millis>(time_.now() - SimTime::kStart).count();
    std::fprintf(trace_, "%8lld %s\n", static_cast<long long>(at), what.c_str());
  }
}

}  // namespace sidecar::testing

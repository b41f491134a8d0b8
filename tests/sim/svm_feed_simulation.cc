#include "tests/sim/svm_feed_simulation.h"

#include <algorithm>
#include <utility>

namespace sidecar::testing {

namespace {

constexpr Millis kTrouble{60'000};
/// Then what was processed has been confirmed, and asked for again.
constexpr Millis kQuiet{60'000};
constexpr Millis kStanding{12'000};
constexpr size_t kWorkersMax = 14;

}  // namespace

SvmFeedSimulation::SvmFeedSimulation(uint64_t seed, std::FILE* trace)
    : trace_(trace), random_(seed), time_(Millis(1'795'262'400'000)), chain_(random_) {
  is_somebody_well_ = random_.below(3) != 0;
  block_time_ = Millis(300 + random_.below(400));
  make_topics();
  make_nodes();
  const FeedOptions feeds = feed_options();
  hub_ = std::make_unique<SubscriptionHub>(feeds, time_, *this, *this,
                                           std::vector<Pool*>{pool_.get()}, random_.next());
  report_.sources_opened_max = feeds.sources;
}

void SvmFeedSimulation::make_nodes() {
  HealthOptions health;
  health.probe.is_on = false;
  PoolOptions options;
  options.head.block_time = block_time_;
  std::vector<EndpointSeed> seeds;
  const size_t count = 2 + random_.below(3);
  for (size_t i = 0; i < count; ++i) {
    const std::string name = "node " + std::to_string(i) + ": ";
    nodes_.push_back(std::make_unique<SvmFeedNode>(
        time_, chain_, random_, [this, name](const std::string& what) { tell(name + what); },
        [this](const std::string& key) { on_opened(key); }));
    nodes_[i]->has_feeds = i == 0 || random_.below(5) != 0;
    EndpointSeed one;
    one.provider = std::string(1, static_cast<char>('a' + i));
    one.tier = static_cast<uint32_t>(1 + random_.below(3));
    one.port = nodes_[i].get();
    seeds.push_back(one);
  }
  pool_ = std::make_unique<Pool>(ChainInfo{1, "solana", Family::kSvm, 0}, options, health, seeds,
                                 time_, *this, random_.next());
}

/// Where something may be missing anyway, bounds are tight at times.
FeedOptions SvmFeedSimulation::feed_options() {
  FeedOptions feeds;
  feeds.sources = random_.below(4) == 0 ? 2 : 1;
  feeds.open_timeout = Millis(3'000);  // all others may be mute before the one that is well
  feeds.ring_events = random_.below(4) == 0 ? 8 : 1'024;
  feeds.held_events_max = random_.below(4) == 0 ? 4 : 4'096;
  if (!is_somebody_well_ && random_.below(2) == 0) {
    feeds.fill_blocks_max = 8;
    feeds.seen_max = 128;
  }
  tell(std::to_string(feeds.sources) + " sources, somebody is " +
       (is_somebody_well_ ? "always well" : "never sure to be well"));
  return feeds;
}

void SvmFeedSimulation::make_topics() {
  for (size_t i = 0; i < 5; ++i) {
    SvmFeedTopic topic;
    topic.kind = static_cast<SvmFeedKind>(random_.below(8));
    topic.level = static_cast<SvmLevel>(random_.below(3));
    topic.account = random_.below(SvmFeedChain::kAccounts);
    if (topic.kind == SvmFeedKind::kBlock && topic.level == SvmLevel::kProcessed) {
      topic.level = SvmLevel::kConfirmed;  // nodes have no other
    }
    if (topic.kind == SvmFeedKind::kSignature) {
      const uint64_t number = chain_.made() - 20 + random_.below(150);
      topic.signature = SvmFeedChain::signature(number);
    }
    topics_.push_back(topic);
  }
}

FeedReport SvmFeedSimulation::run() {
  time_.after(block_time_, [this]() { grow_chain(); });
  time_.after(Millis(3'000), [this]() { begin_fault(); });
  time_.after(Millis(1), [this]() { worker_step(); });
  run_until(SimTime::kStart + kTrouble);
  is_quiet_ = true;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    heal(i);
  }
  run_until(SimTime::kStart + kTrouble + kQuiet);
  finish();
  return report_;
}

void SvmFeedSimulation::run_until(Instant end) {
  while (time_.step(end)) {
    if (time_.turns_at_once() > 10'000) {
      broken("something spins");
      return;
    }
  }
}

void SvmFeedSimulation::finish() {
  for (size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = workers_[i];
    if (worker.is_gone) {
      continue;
    }
    for (const std::string& one : worker.check->finish()) {
      broken("worker " + std::to_string(i) + ", " + worker.check->topic().method() +
             worker.check->topic().params() + ": " + one);
    }
    report_.events += worker.check->event_count();
    report_.gaps += worker.check->gap_count();
    hub_->unsubscribe(worker.subscription);
  }
  run_until(time_.now() + Millis(20'000));
  for (const auto& node : nodes_) {
    if (node->open_count() > 0) {
      broken("an upstream subscription is left over");
    }
  }
  if (hub_->feed_count() > 0 || hub_->subscription_count() > 0) {
    broken("the hub keeps a feed or a subscription");
  }
}

/// Blocks stop a moment before the end, so that everybody can be up to date.
void SvmFeedSimulation::grow_chain() {
  chain_.grow();
  tell("cluster grows to " + std::to_string(chain_.blocks().back().slot));
  for (const auto& node : nodes_) {
    node->on_chain_grown();
  }
  if (time_.now() + block_time_ < SimTime::kStart + kTrouble + kQuiet - kStanding) {
    const auto jitter = Millis(random_.below(static_cast<uint64_t>(block_time_.count())));
    time_.after(block_time_ / 2 + jitter, [this]() { grow_chain(); });
  }
}

void SvmFeedSimulation::begin_fault() {
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
  faults.percent_repeated = what == 4 ? 50 : 0;
  faults.lag = Millis(what == 5 || what == 6 ? random_.below(5'000) : 0);
  if (what == 0 || what >= 6 || was_silent) {
    nodes_[at]->drop_connection();
  }
  time_.after(Millis(500 + random_.below(10'000)), [this, at]() { heal(at); });
  time_.after(Millis(500 + random_.below(5'000)), [this]() { begin_fault(); });
}

/// Who was silent is not believed to have told all: its connection ends.
void SvmFeedSimulation::heal(size_t node) {
  SvmFeedNode& one = *nodes_[node];
  const bool is_untrue = one.faults.is_silent;
  one.faults = {};
  tell("node " + std::to_string(node) + ": well");
  if (is_untrue) {
    one.drop_connection();
  }
  one.on_chain_grown();
}

void SvmFeedSimulation::worker_step() {
  if (is_quiet_) {
    return;
  }
  const uint64_t what = random_.below(4);
  if (workers_.size() < kWorkersMax && (what < 2 || workers_.size() < 2)) {
    add_worker(topics_[random_.below(topics_.size())]);
  } else if (what == 2) {
    leave(random_.below(workers_.size()));
  }
  time_.after(Millis(300 + random_.below(4'000)), [this]() { worker_step(); });
}

void SvmFeedSimulation::add_worker(const SvmFeedTopic& topic) {
  Worker worker;
  worker.check = std::make_unique<SvmFeedCheck>(topic, chain_, report_.sources_opened_max > 1);
  workers_.push_back(std::move(worker));
  subscribe(workers_.size() - 1, false);
}

/// For a while, or for long: then its feed may end.
void SvmFeedSimulation::leave(size_t at) {
  Worker& worker = workers_[at];
  if (worker.is_gone || !worker.check->position() || worker.check->is_over()) {
    return;
  }
  tell("worker " + std::to_string(at) + " leaves");
  hub_->unsubscribe(std::exchange(worker.subscription, 0));
  worker.is_gone = true;  // until it is back
  const uint64_t away_ms = random_.below(4) == 0 ? 15'000 : random_.below(3'000);
  time_.after(Millis(away_ms), [this, at]() { subscribe(at, true); });
}

void SvmFeedSimulation::subscribe(size_t at, bool is_resuming) {
  Worker& worker = workers_[at];
  worker.is_gone = false;
  SubscribeRequest request;
  request.session = at + 1;
  request.token = at;
  const std::string method = worker.check->topic().method();
  const std::string params = worker.check->topic().params();
  request.method = method;
  request.params = params;
  if (is_resuming && worker.check->position()) {
    request.has_resume = true;
    request.resume = *worker.check->position();
  }
  tell("worker " + std::to_string(at) + (is_resuming ? " resumes " : " subscribes ") + method +
       params);
  worker.subscription = hub_->subscribe(request);
}

void SvmFeedSimulation::on_subscribed(SessionId, uint64_t token, FeedPosition at) {
  tell("worker " + std::to_string(token) + " at " + std::to_string(at.seq));
  workers_[token].check->on_subscribed(at);
}

void SvmFeedSimulation::on_event(const FeedEvent& event, std::span<const Subscriber> to) {
  if (trace_ != nullptr) {
    tell("event " + std::to_string(event.at.seq) + " of " + std::string(event.method) + " to " +
         std::to_string(to.size()) + ": " + std::string(event.value));
  }
  for (const Subscriber& each : to) {
    SvmFeedCheck& check = *workers_[each.token].check;
    if (event.kind == EventKind::kGap && is_somebody_well_ && check.topic().is_fillable() &&
        event.value.find("\"resume\"") == std::string_view::npos) {
      broken("a gap though somebody was well: " + check.topic().method() + " " +
             std::string(event.value));
    }
    check.on_event(event);
    // Who comes at the very end of a subscription is told at once.
    if (check.is_over() && workers_.size() < kWorkersMax && random_.below(2) == 0) {
      time_.after(Nanos(0), [this, topic = check.topic()]() { add_worker(topic); });
    }
  }
}

/// Nobody could be found in time: the worker asks again.
void SvmFeedSimulation::on_subscription_lost(SessionId, uint64_t token, std::string_view error) {
  tell("worker " + std::to_string(token) + " lost " + std::string(error));
  if (is_somebody_well_) {
    broken("refused though somebody was well: " + std::string(error));
  }
  workers_[token].is_gone = true;
  time_.after(Millis(1'000), [this, token]() { subscribe(token, true); });
}

void SvmFeedSimulation::on_feed_source(const EndpointName& endpoint, std::string_view feed_kind,
                                       SourceChange what) {
  tell(std::string(feed_kind) + " of " + std::string(endpoint.provider) + " is " +
       std::string(source_change_name(what)));
  if (what == SourceChange::kLive && feed_kind == "svmLogs") {
    for (const Worker& worker : workers_) {
      worker.check->on_source_changed();
    }
  }
}

/// One upstream subscription a feed and source, and one more while it is replaced.
void SvmFeedSimulation::on_opened(const std::string& key) {
  size_t open = 0;
  for (const auto& node : nodes_) {
    const size_t here = node->open_count(key);
    open += here;
    if (here > 1) {
      broken("two subscriptions to one thing at one provider");
    }
  }
  if (open > report_.sources_opened_max + 1) {
    broken(std::to_string(open) + " upstream subscriptions to one thing");
  }
}

void SvmFeedSimulation::tell(const std::string& what) {
  if (trace_ != nullptr) {
    const auto at = std::chrono::duration_cast<Millis>(time_.now() - SimTime::kStart).count();
    std::fprintf(trace_, "%8lld %s\n", static_cast<long long>(at), what.c_str());
  }
}

}  // namespace sidecar::testing

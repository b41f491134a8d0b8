#include "policy/head_tracker.h"

#include <algorithm>

namespace sidecar {

namespace {

constexpr double kAlpha = 0.1;
constexpr uint32_t kSamplesMin = 3;
constexpr double kBlockTimeMinNs = 10e6;
constexpr double kBlockTimeMaxNs = 120e9;
/// Heights at which all endpoints are asked for a hash, so that there is something to compare.
constexpr uint64_t kVoteEvery = 16;

/// FNV-1a over the text, its letters' case left out.
uint64_t digest_of(std::string_view hash) {
  uint64_t digest = 0xcbf29ce484222325u;
  for (const char c : hash) {
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    digest = (digest ^ static_cast<unsigned char>(lower)) * 0x100000001b3u;
  }
  return digest;
}

std::optional<uint64_t> digest_at(const std::deque<std::pair<uint64_t, uint64_t>>& hashes,
                                  uint64_t number) {
  const auto found =
      std::lower_bound(hashes.begin(), hashes.end(), std::pair<uint64_t, uint64_t>{number, 0});
  return found == hashes.end() || found->first != number ? std::nullopt
                                                         : std::optional(found->second);
}

}  // namespace

HeadTracker::HeadTracker(const HeadOptions& options, size_t endpoint_count)
    : options_(options), endpoints_(endpoint_count) {}

void HeadTracker::on_head(size_t endpoint, uint64_t number, Instant now) {
  Known& known = endpoints_[endpoint];
  known.told_at = now;
  told_at_ = std::max(told_at_, now);
  if (known.number != number) {
    known.number = number;
    known.moved_at = now;
  }
  settle(now);
}

void HeadTracker::restore(size_t endpoint, uint64_t number, Instant told_at) {
  Known& known = endpoints_[endpoint];
  known.number = number;
  known.moved_at = told_at;
  known.told_at = told_at;
  told_at_ = std::max(told_at_, told_at);
  pool_head_ = believed_head();
}

void HeadTracker::on_block(size_t endpoint, uint64_t number, std::string_view hash, Instant now) {
  Known& known = endpoints_[endpoint];
  if (!known.number || *known.number < number) {
    on_head(endpoint, number, now);
  }
  if (pool_head_ && number + kVoteDepth <= *pool_head_) {
    keep_hash(known, number, digest_of(hash));
    vote(number);
  }
}

void HeadTracker::settle(Instant now) {
  const std::optional<uint64_t> head = believed_head();
  if (pool_head_ && head && *head > *pool_head_ && !steps_.empty()) {
    measure(*head - *pool_head_, now - steps_.back().at);
  }
  if (pool_head_ && head && *head < *pool_head_) {
    steps_.clear();
  }
  if (head && head != pool_head_) {
    steps_.push_back({*head, now});
    if (steps_.size() > kStepsMax) {
      steps_.pop_front();
    }
  }
  pool_head_ = head;
  for (Known& known : endpoints_) {
    if (!known.number || now - known.told_at > block_time()) {
      continue;
    }
    const uint64_t lag = *known.number < *head ? *head - *known.number : 0;
    known.is_behind = lag > (known.is_behind ? options_.lag_blocks_back : options_.lag_blocks_max);
  }
}

std::optional<uint64_t> HeadTracker::believed_head() const {
  const Known* highest = nullptr;
  std::optional<uint64_t> second;
  size_t known_count = 0;
  for (const Known& known : endpoints_) {
    if (!counts(known)) {
      continue;
    }
    ++known_count;
    if (highest == nullptr || *known.number > *highest->number) {
      second = highest != nullptr ? highest->number : second;
      highest = &known;
    } else if (!second || *known.number > *second) {
      second = known.number;
    }
  }
  if (highest == nullptr) {
    return std::nullopt;
  }
  return known_count >= 3 && !is_supported(*highest) ? second : highest->number;
}

/// One that has been silent for long, while others told theirs, has no say: it may have lied last.
bool HeadTracker::counts(const Known& known) const {
  return known.number && told_at_ - known.told_at <= silence_max();
}

bool HeadTracker::is_held(uint64_t number) const {
  const uint64_t reach = pool_head_.value_or(0) + options_.lag_blocks_max + growth(silence_max());
  return number <= reach &&
         std::any_of(endpoints_.begin(), endpoints_.end(),
                     [&](const Known& one) { return counts(one) && *one.number >= number; });
}

uint64_t HeadTracker::growth(Nanos span) const {
  return static_cast<uint64_t>(span / block_time());
}

/// Is another endpoint near enough, or may have come near enough since it was last heard of?
bool HeadTracker::is_supported(const Known& highest) const {
  return std::any_of(endpoints_.begin(), endpoints_.end(), [&](const Known& other) {
    if (&other == &highest || !counts(other)) {
      return false;
    }
    const Nanos silence =
        std::clamp<Nanos>(highest.told_at - other.told_at, Nanos(0), silence_max());
    return *highest.number - *other.number <= options_.lag_blocks_max + growth(silence);
  });
}

void HeadTracker::measure(uint64_t blocks, Nanos took) {
  const double sample = std::clamp(static_cast<double>(took.count()) / static_cast<double>(blocks),
                                   kBlockTimeMinNs, kBlockTimeMaxNs);
  block_time_ns_ =
      block_time_samples_ == 0 ? sample : block_time_ns_ + kAlpha * (sample - block_time_ns_);
  block_time_samples_ = std::min(block_time_samples_ + 1, kSamplesMin);
}

Nanos HeadTracker::block_time() const {
  return block_time_samples_ < kSamplesMin ? Nanos(options_.block_time)
                                           : Nanos(static_cast<int64_t>(block_time_ns_));
}

/// When the pool's head first was at least `number`; none when it is not.
std::optional<Instant> HeadTracker::passed_at(uint64_t number) const {
  const auto found =
      std::lower_bound(steps_.begin(), steps_.end(), number,
                       [](const Step& step, uint64_t height) { return step.number < height; });
  return found == steps_.end() ? std::nullopt : std::optional(found->at);
}

HeadView HeadTracker::view(size_t endpoint, Instant now) const {
  const Known& known = endpoints_[endpoint];
  HeadView view;
  view.number = known.number;
  view.is_forked = known.forked_at.has_value();
  if (!known.number || !pool_head_) {
    return view;
  }
  view.lag_blocks = *known.number < *pool_head_ ? *pool_head_ - *known.number : 0;
  view.is_behind = known.is_behind;
  if (view.lag_blocks == 0u) {
    return view;
  }
  // As far as the report reaches: what came later says nothing about it.
  const Instant known_until = std::min(now, known.told_at + block_time());
  if (const auto passed = passed_at(*known.number + 1)) {
    view.lag_time = std::max(Nanos(0), known_until - *passed);
  }
  view.is_behind = view.is_behind || view.lag_time > options_.lag_time_max;
  const Nanos stall = std::max<Nanos>(options_.stall_min, block_time() * options_.stall_blocks);
  view.is_stuck = view.lag_time > Nanos(0) && known_until - known.moved_at > stall;
  return view;
}

std::optional<bool> HeadTracker::has_block(size_t endpoint, uint64_t number) const {
  const std::optional<uint64_t>& head = endpoints_[endpoint].number;
  return head ? std::optional(*head >= number) : std::nullopt;
}

void HeadTracker::keep_hash(Known& known, uint64_t number, uint64_t digest) {
  auto& hashes = known.hashes;
  const auto at =
      std::lower_bound(hashes.begin(), hashes.end(), std::pair<uint64_t, uint64_t>{number, 0});
  if (at != hashes.end() && at->first == number) {
    at->second = digest;
    return;
  }
  hashes.insert(at, {number, digest});
  if (hashes.size() > options_.fork_depth) {
    hashes.pop_front();
  }
}

void HeadTracker::vote(uint64_t number) {
  // Boyer-Moore: the only digest that can have a strict majority, then counted.
  uint64_t favourite = 0;
  size_t lead = 0;
  for (const Known& known : endpoints_) {
    if (const auto digest = digest_at(known.hashes, number)) {
      favourite = lead == 0 ? *digest : favourite;
      lead = lead == 0 ? 1 : (*digest == favourite ? lead + 1 : lead - 1);
    }
  }
  size_t votes = 0;
  size_t agreeing = 0;
  for (const Known& known : endpoints_) {
    if (const auto digest = digest_at(known.hashes, number)) {
      ++votes;
      agreeing += *digest == favourite ? 1 : 0;
    }
  }
  if (votes < 2) {
    return;
  }
  // Votes come one by one: a count that had a majority may end in a tie.
  const bool is_decided = agreeing * 2 > votes;
  for (Known& known : endpoints_) {
    const auto digest = digest_at(known.hashes, number);
    if (!digest) {
      continue;
    }
    if (is_decided && *digest != favourite) {
      known.forked_at = std::max(known.forked_at.value_or(0), number);
    } else if (known.forked_at == number || (is_decided && known.forked_at < number)) {
      known.forked_at.reset();
    }
  }
}

std::optional<uint64_t> HeadTracker::vote_height() const {
  std::optional<uint64_t> lowest;
  size_t known_count = 0;
  for (const Known& known : endpoints_) {
    if (counts(known) && !known.is_behind) {
      ++known_count;
      lowest = std::min(lowest.value_or(*known.number), *known.number);
    }
  }
  if (known_count < 2 || *lowest < kVoteDepth + kVoteEvery) {
    return std::nullopt;
  }
  return (*lowest - kVoteDepth) / kVoteEvery * kVoteEvery;
}

}  // namespace sidecar

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/random.h"
#include "base/timers.h"
#include "core/judge.h"
#include "core/options.h"
#include "core/pool.h"
#include "core/ports.h"

namespace sidecar {

/// Asks each endpoint for its chain, its head and its health, so that a dead one is found without
/// traffic and a healed one comes back by itself.
///
///   each endpoint:  due ─▶ identity (new connections only) ─▶ head ─▶ sync ─▶ vote ─▶ due again in
///   ~interval
///                    ▲                       └─ a failure ends the round ─▶ again in a fifth of it
///                    └─ breaker open: at its trial · cooling down: when it is over · disabled:
///                    slowly
/// EVM: eth_chainId, eth_blockNumber, eth_syncing, a block's hash to compare. Solana:
/// getGenesisHash, getSlot, getHealth. Answers go to the pool as those of calls do: breaker,
/// budget, heads. A round is left out while live traffic has told a head within the interval, but
/// no more than skips_max times in a row. Owner: app. Requires: the pools outlive it.
class Prober final : private AttemptSink {
 public:
  Prober(const ProbeOptions& options, Timers& timers, const std::vector<Pool*>& pools,
         uint64_t seed);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  /// Every endpoint is asked at once, then in turns of its own.
  void start();

  /// A new endpoint is asked at once, a retired one no more.
  void add(Pool& pool, size_t endpoint);
  void remove(const Pool& pool, size_t endpoint);
  /// Requires: the same is_on.
  void set_options(const ProbeOptions& options);

  uint64_t question_count() const { return question_count_; }

 private:
  enum class Question : uint8_t { kIdentity, kHead, kSync, kVote };
  static constexpr size_t kQuestionCount = 4;
  /// Whether a node syncs changes slowly: asked every so many rounds.
  static constexpr uint32_t kSyncEvery = 6;
  /// One endpoint and how far its round is.
  struct Target {
    Pool* pool = nullptr;
    size_t endpoint = 0;
    Instant due;                          ///< of the next round
    bool is_asking[kQuestionCount] = {};  ///< still to be asked in this round
    bool is_identified = false;           ///< the round began with its identity
    Question asked = Question::kIdentity;
    Question begins_at = Question::kIdentity;
    std::optional<Question> left_out;  ///< of this round, for the budget was spent
    AttemptId live = 0;                ///< 0 = between rounds
    Instant asked_at;
    Instant answered_at = Instant::min();  ///< what the endpoint told before then, it told us
    uint64_t asked_epoch = 0;
    uint64_t known_epoch = 0;  ///< the connections that its identity was checked on
    uint64_t asked_height = 0;
    uint64_t voted_height = 0;
    uint32_t skip_count = 0;
    uint32_t rounds_unsynced = kSyncEvery;  ///< since it was asked whether it syncs
  };

  void on_timer();
  void begin_round(Target& target);
  bool may_skip(const Target& target, const Endpoint& endpoint, Instant now) const;
  void plan(Target& target, const Endpoint& endpoint);
  void ask_next(Target& target);
  void ask(Target& target, Question question);
  static std::string_view method_of(const Target& target);
  Flow on_attempt_part(AttemptId attempt, std::string_view bytes) override;
  void on_attempt_done(AttemptId attempt, const AttemptResult& result) override;
  void take(Target& target, const AttemptResult& result);
  void read_answer(Target& target, std::string_view body);
  bool has_reconnected(const Target& target) const;
  void fail_round(Target& target);
  void end_round(Target& target, Nanos pause);
  void arm();
  Nanos jittered(Nanos span);

  ProbeOptions options_;
  Timers& timers_;
  Random random_;
  std::vector<Target> targets_;
  std::unique_ptr<Timer> timer_;
  bool is_started_ = false;
  uint64_t question_count_ = 0;
};

}  // namespace sidecar

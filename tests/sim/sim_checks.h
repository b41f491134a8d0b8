#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/dispatcher.h"
#include "tests/sim/sim_calls.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/sim_setup.h"
#include "tests/sim/sim_time.h"
#include "tests/sim/sim_trace.h"

namespace sidecar::testing {

/// What is spent on one account, counted again: units at each instant, against its bounds.
/// Not: it shares nothing with policy/budget.h. Owner: SimChecks, by value.
class SimBudgetCheck {
 public:
  SimBudgetCheck(const TermsOptions& terms, Family family) : terms_(terms), family_(family) {}

  /// What is wrong when a request for `method` leaves now; empty: nothing.
  std::string on_spent(std::string_view method, Instant now, Millis unix_now);
  bool is_day_spent(Millis unix_now) const;

 private:
  uint64_t cost(std::string_view method) const;
  int64_t day(Millis unix_now) const;

  TermsOptions terms_;
  Family family_;
  double level_ = 0;  ///< of a leaky bucket that loses per_second units a second
  Instant leaked_at_;
  std::deque<std::pair<Instant, uint64_t>> ten_seconds_;
  uint64_t spent_in_ten_ = 0;
  std::map<int64_t, uint64_t> spent_by_day_;
};

/// The invariants, checked on what the core is seen to do, by a model of its own:
///   1  each call that is not cancelled is answered once, by its deadline, and never after
///   2  an unsafe call is never sent again once a byte of it may have left
///   3  no account is asked for more than its budget, probes included
///   4  attempts beside a call's first are bounded by the retry budget
///   6  who told another chain, or refused our key, gets no calls until it told otherwise
///   7  the head that workers are told does not go back while somebody honest has it
///   8  an attempt ends once, and not at all after it was cancelled
///   9  with a provider that is always well, calls that ask nothing special succeed
///   12 a result is that of its own call
/// (5, 10, 11 are seen at the end of a run: simulation.cc, sim_seeds.cc.)
/// Owner: Simulation.
class SimChecks {
 public:
  SimChecks(const SimTime& time, SimTrace& trace, const SimSetup& setup, SimCalls& calls);

  void set_dispatcher(const Dispatcher& dispatcher) { dispatcher_ = &dispatcher; }

  // What endpoints see.
  void on_attempt_started(size_t endpoint, AttemptId attempt, const SimQuestion& question);
  void on_attempt_ended(AttemptId attempt, const SimAnswer& answer);
  void on_attempt_cancelled(AttemptId attempt, Sent sent);

  // What workers see. Null: nobody's call.
  void on_answered(SimCall* call, const Reply& reply);
  void on_part(const SimCall* call);

  /// By any of its endpoints.
  Instant account_last_asked(size_t endpoint) const;
  bool is_day_spent(size_t endpoint) const;
  size_t live_count() const { return attempts_.size(); }
  uint64_t plain_count() const { return plain_count_; }
  uint64_t plain_failed_count() const { return plain_failed_count_; }

 private:
  struct Known {
    std::optional<bool> identity;  ///< told last, to a probe
    bool is_refusing = false;
    std::optional<uint64_t> head;  ///< told last
    Instant head_told_at = Instant::min();
    Instant last_asked = Instant::min();
  };
  /// The attempts of one call; not those of a lookup that the core makes for it.
  struct Tries {
    uint32_t started = 0;
    uint32_t live = 0;
    Sent last_sent = Sent::kNo;
    Sent most_sent = Sent::kNo;
    Instant first_at;
  };
  struct Live {
    size_t endpoint = 0;
    uint64_t call = 0;  ///< 0 = a probe, or a lookup of the core's own
    bool is_probe = false;
    bool is_extra = false;
  };

  void check_standing(size_t endpoint, const SimQuestion& question);
  void check_tries(const SimCall& call, Live& live);
  void check_head(const SimCall& call, uint64_t head);
  void check_result(const SimCall& call, std::string_view body);
  void check_success(const SimCall& call, const Reply& reply);
  bool must_verify(size_t endpoint) const;
  bool is_believed(size_t endpoint) const;
  bool is_held(size_t pool, uint64_t head) const;
  bool is_contradicted(size_t pool, uint64_t head) const;
  std::string heads_text(size_t pool) const;
  bool is_liar(size_t endpoint) const;
  bool is_heard(size_t endpoint, size_t pool) const;
  void forget(AttemptId attempt, Sent sent);

  const SimTime& time_;
  SimTrace& trace_;
  const SimSetup& setup_;
  SimCalls& calls_;
  const Dispatcher* dispatcher_ = nullptr;
  std::vector<Known> endpoints_;
  std::map<size_t, SimBudgetCheck> budgets_;  ///< by account
  std::unordered_map<AttemptId, Live> attempts_;
  std::unordered_map<uint64_t, Tries> tries_;
  std::vector<uint64_t> head_told_;  ///< by pool, the highest to a worker
  size_t extra_count_ = 0;
  uint64_t plain_count_ = 0;
  uint64_t plain_failed_count_ = 0;
};

}  // namespace sidecar::testing

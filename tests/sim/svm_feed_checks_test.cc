#include "tests/sim/svm_feed_checks.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace sidecar::testing {

namespace {

/// A subscriber that was told the truth, but for what the test changes.
struct SvmTold {
  explicit SvmTold(SvmFeedTopic topic, bool is_raced = false)
      : chain(random), check(topic, chain, is_raced) {
    check.on_subscribed({1, 0});
  }

  void tell(const std::string& value, EventKind kind = EventKind::kLive, bool is_last = false) {
    FeedEvent event;
    event.at = {1, ++seq};
    event.kind = kind;
    event.value = value;
    event.is_last = is_last;
    check.on_event(event);
  }
  void tell_in(uint64_t slot, const std::string& value) {
    tell(SvmFeedChain::in_context(slot, value));
  }
  void tell_slot(const SvmFeedBlock& block) {
    tell("{\"slot\":" + std::to_string(block.slot) + "}");
  }
  void tell_gap(uint64_t from) {
    tell("{\"reason\":\"unfillable\",\"from_slot\":" + std::to_string(from) + "}", EventKind::kGap);
  }
  const SvmFeedBlock& grow() {
    chain.grow();
    return chain.blocks().back();
  }
  /// Until there are so many transactions that nobody was told of yet.
  std::vector<SvmFeedTransaction> grow_transactions(size_t count) {
    std::vector<SvmFeedTransaction> made;
    while (made.size() < count) {
      for (const SvmFeedTransaction& one : grow().transactions) {
        made.push_back(one);
      }
    }
    grow();  // all of them are confirmed
    grow();
    grow();
    for (const SvmFeedBlock& block :
         {chain.blocks().end()[-3], chain.blocks().end()[-2], chain.blocks().end()[-1]}) {
      made.insert(made.end(), block.transactions.begin(), block.transactions.end());
    }
    return made;
  }
  void tell_logs(const SvmFeedTransaction& one) { tell_in(one.slot, SvmFeedChain::logs_text(one)); }
  /// Until the account has changed so often; its new states.
  std::vector<std::pair<uint64_t, uint64_t>> grow_states(size_t account, size_t count) {
    std::vector<std::pair<uint64_t, uint64_t>> states;
    while (states.size() < count) {
      const SvmFeedBlock& block = grow();
      for (const SvmFeedChange& change : block.changes) {
        if (change.account == account) {
          states.emplace_back(block.slot, change.lamports);
        }
      }
    }
    return states;
  }
  void tell_state(const std::pair<uint64_t, uint64_t>& state) {
    tell_in(state.first, SvmFeedChain::account_text(state.second));
  }

  Random random{11};
  SvmFeedChain chain;
  SvmFeedCheck check;
  uint64_t seq = 0;
};

const SvmFeedTopic kSlots{SvmFeedKind::kSlot, SvmLevel::kProcessed, 0, ""};
const SvmFeedTopic kLogs{SvmFeedKind::kAllLogs, SvmLevel::kProcessed, 0, ""};
const SvmFeedTopic kAccount{SvmFeedKind::kAccount, SvmLevel::kProcessed, 2, ""};

}  // namespace

TEST_CASE("SvmFeedCheck: a whole line of slots is right") {
  SvmTold told(kSlots);
  told.tell_slot(told.grow());
  told.tell_slot(told.grow());

  CHECK(told.check.finish().empty());
}

TEST_CASE("SvmFeedCheck: a slot that is missing, told twice, late, or the last not told is found") {
  SvmTold missing(kSlots);
  missing.tell_slot(missing.grow());
  missing.grow();
  missing.tell_slot(missing.grow());
  CHECK(missing.check.finish().size() == 1);

  SvmTold first(kSlots);
  first.grow();
  first.tell_slot(first.grow());
  CHECK(first.check.finish().size() == 1);

  SvmTold twice(kSlots);
  twice.tell_slot(twice.grow());
  twice.tell_slot(twice.chain.blocks().back());
  CHECK(twice.check.finish().size() == 1);

  for (const auto& [is_raced, gap_from] :
       std::vector<std::pair<bool, uint64_t>>{{false, 1'000'000}, {true, 1'000'000}, {false, 0}}) {
    SvmTold late(kSlots, is_raced);
    late.grow();
    late.tell_gap(gap_from);
    late.tell_slot(late.grow());
    late.tell_slot(late.chain.blocks().end()[-2]);
    const bool is_right = is_raced || gap_from == 0;  // raced, or what the gap was about
    CHECK(late.check.finish().size() == (is_right ? 0 : 1));
  }

  SvmTold end(kSlots);
  end.tell_slot(end.grow());
  end.grow();
  CHECK(end.check.finish().size() == 1);
}

TEST_CASE("SvmFeedCheck: of racing sources one that is behind may tell old slots first") {
  SvmTold told(kSlots, true);
  const SvmFeedBlock old = told.chain.blocks().end()[-4];

  told.tell_slot(old);
  told.tell_slot(told.grow());
  CHECK(told.check.finish().empty());

  told.grow();
  told.tell_slot(told.grow());
  CHECK(told.check.finish().size() == 1);
}

TEST_CASE("SvmFeedCheck: a root or a block that is left out is found") {
  for (const SvmFeedKind kind : {SvmFeedKind::kRoot, SvmFeedKind::kBlock}) {
    SvmTold told({kind, SvmLevel::kFinalized, 0, ""});
    const auto tell = [&told, kind](const SvmFeedBlock& block) {
      if (kind == SvmFeedKind::kRoot) {
        told.tell(std::to_string(block.slot));
      } else {
        told.tell_in(block.slot, "{\"block\":" + SvmFeedChain::block_text(block) + "}");
      }
    };
    const size_t first = told.chain.count(SvmLevel::kFinalized);
    for (int i = 0; i < 3; ++i) {
      told.grow();
    }
    tell(told.chain.blocks()[first]);
    tell(told.chain.blocks()[first + 2]);
    CHECK(told.check.finish().size() == 1);
  }
}

TEST_CASE("SvmFeedCheck: logs that are missing, told twice or not true are found") {
  SvmTold right(kLogs);
  for (const SvmFeedTransaction& one : right.grow_transactions(3)) {
    right.tell_logs(one);
  }
  CHECK(right.check.finish().empty());

  SvmTold missing(kLogs);
  const auto all = missing.grow_transactions(3);
  for (const SvmFeedTransaction& one : all) {
    if (one.signature != all[1].signature) {
      missing.tell_logs(one);
    }
  }
  CHECK(missing.check.finish().size() == 1);

  SvmTold gap(kLogs);
  gap.grow_transactions(3);
  gap.tell_gap(0);
  CHECK(gap.check.finish().empty());

  SvmTold twice(kLogs);
  const auto told = twice.grow_transactions(1);
  for (const SvmFeedTransaction& one : told) {
    twice.tell_logs(one);
  }
  twice.tell_logs(told.front());
  CHECK(twice.check.finish().size() == 1);

  SvmTold wrong(kLogs);
  SvmFeedTransaction other = wrong.chain.blocks().back().transactions.empty()
                                 ? *wrong.chain.find("Sig0")
                                 : wrong.chain.blocks().back().transactions.front();
  other.is_failed = !other.is_failed;
  wrong.tell_logs(other);
  CHECK(wrong.check.finish().size() == 1);
}

TEST_CASE("SvmFeedCheck: confirmed logs are in the order of slots") {
  SvmTold told({SvmFeedKind::kLogs, SvmLevel::kConfirmed, 1, ""});
  std::vector<SvmFeedTransaction> mine;
  while (mine.size() < 2 || mine.front().slot == mine.back().slot) {
    for (const SvmFeedTransaction& one : told.grow().transactions) {
      if (one.mentions[1]) {
        mine.push_back(one);
      }
    }
  }
  for (int i = 0; i < 3; ++i) {
    told.grow();
  }
  told.tell_logs(mine.back());
  told.tell_logs(mine.front());
  told.tell_gap(0);  // of the rest nothing is expected

  CHECK(told.check.finish().size() == 1);
}

TEST_CASE("SvmFeedCheck: an account that goes back, repeats, or ends in another state is found") {
  SvmTold right(kAccount);
  const auto states = right.grow_states(2, 3);
  right.tell_state(states[0]);
  right.tell_state(states.back());  // states in between may be passed over
  CHECK(right.check.finish().empty());

  SvmTold back(kAccount);
  const auto told = back.grow_states(2, 8);
  back.tell_state(told.back());
  back.tell_state(told.front());
  CHECK(back.check.finish().size() == 2);  // it goes back, and ends there

  SvmTold again(kAccount);
  const auto last = again.grow_states(2, 1).back();
  again.tell_state(last);
  again.tell_state({again.chain.blocks().back().slot, last.second});
  CHECK(again.check.finish().size() == 1);

  SvmTold late(kAccount);
  late.tell_state(late.grow_states(2, 1).back());
  late.grow_states(2, 1);
  CHECK(late.check.finish().size() == 1);

  SvmTold false_state(kAccount);
  const auto end = false_state.grow_states(2, 1).back();
  false_state.tell_state(end);
  false_state.tell_state({end.first, 999'999});
  CHECK(false_state.check.finish().size() == 1);

  SvmTold nothing(kAccount);
  uint64_t known = 0;
  for (const SvmFeedBlock& block : nothing.chain.blocks()) {
    for (const SvmFeedChange& change : block.changes) {
      known = std::max(known, change.lamports);
    }
  }
  while (nothing.grow_states(2, 1).back().second <= known) {
  }
  CHECK(nothing.check.finish().size() == 1);
}

TEST_CASE("SvmFeedCheck: an event before its slot has the commitment is found") {
  SvmTold told({SvmFeedKind::kAccount, SvmLevel::kFinalized, 2, ""});
  told.tell_state(told.grow_states(2, 1).back());

  CHECK(told.check.finish().size() == 2);  // and it is not the state that has the commitment
}

TEST_CASE("SvmFeedCheck: a signature that is not told, told twice or falsely is found") {
  const auto topic = [](const std::string& signature) {
    return SvmFeedTopic{SvmFeedKind::kSignature, SvmLevel::kProcessed, 0, signature};
  };
  const auto text = [](const SvmFeedTransaction& one, std::string_view err) {
    return SvmFeedChain::in_context(one.slot, "{\"err\":" + std::string(err) + "}");
  };

  SvmTold right(topic("Sig3"));
  const SvmFeedTransaction& one = *right.chain.find("Sig3");
  const std::string truth = text(one, SvmFeedChain::err_text(one));
  right.tell(truth, EventKind::kReplayed, true);
  CHECK(right.check.finish().empty());

  right.tell(truth, EventKind::kReplayed, true);
  CHECK(right.check.finish().size() == 1);

  SvmTold open(topic("Sig3"));
  open.tell(truth, EventKind::kReplayed, false);
  CHECK(open.check.finish().size() == 1);

  SvmTold untold(topic("Sig3"));
  CHECK(untold.check.finish().size() == 1);

  SvmTold wrong(topic("Sig3"));
  wrong.tell(text(one, "\"other\""), EventKind::kReplayed, true);
  CHECK(wrong.check.finish().size() == 1);
}

TEST_CASE("SvmFeedCheck: a number that is left out is found") {
  SvmTold told(kSlots);
  ++told.seq;
  told.tell_slot(told.grow());

  CHECK(told.check.finish().size() == 1);
}

}  // namespace sidecar::testing

#include "tests/sim/feed_checks.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace sidecar::testing {

namespace {

/// A subscriber that was told the truth, but for what the test changes.
struct Told {
  explicit Told(FeedCheck::Kind kind) : chain(random), check(kind, chain) {
    check.on_subscribed({1, 0});
  }

  void tell(const std::string& value, EventKind kind = EventKind::kLive) {
    FeedEvent event;
    event.at = {1, ++seq};
    event.kind = kind;
    event.value = value;
    check.on_event(event);
  }
  void tell_head() { tell(FeedChain::header_text(chain.head())); }
  /// Until a block has logs of ours: they are told, but for the first `passed_over`.
  void tell_logs(size_t passed_over = 0) {
    for (bool is_told = false; !is_told;) {
      chain.grow(0);
      for (const FeedLog& log : chain.head().logs) {
        if (log.is_mine && passed_over > 0) {
          --passed_over;
          is_told = true;
        } else if (log.is_mine) {
          last_log = log;
          is_told = true;
          tell(FeedChain::log_text(log, false));
        }
      }
    }
  }

  Random random{7};
  FeedChain chain;
  FeedCheck check;
  uint64_t seq = 0;
  FeedLog last_log;
};

}  // namespace

TEST_CASE("FeedCheck: heads in order up to the head are right, a reorganisation too") {
  Told told(FeedCheck::Kind::kHeads);
  told.chain.grow(0);
  told.tell_head();
  told.chain.grow(0);
  told.tell_head();
  told.chain.grow(1);
  const FeedBlock& head = told.chain.head();
  told.tell(FeedChain::header_text(told.chain.at(head.parent)));
  told.tell_head();

  CHECK(told.check.finish().empty());
}

TEST_CASE("FeedCheck: a header that is missing, told twice, or the last one not told is found") {
  Told missing(FeedCheck::Kind::kHeads);
  missing.tell_head();
  missing.chain.grow(0);
  missing.chain.grow(0);
  missing.tell_head();
  CHECK(missing.check.finish().size() == 2);  // without its parent, and not at the head

  Told twice(FeedCheck::Kind::kHeads);
  twice.tell_head();
  twice.tell_head();
  CHECK_FALSE(twice.check.finish().empty());

  Told late(FeedCheck::Kind::kHeads);
  late.tell_head();
  late.chain.grow(0);
  CHECK(late.check.finish().size() == 1);
}

TEST_CASE("FeedCheck: a number that is left out is found, unless a gap says so") {
  Told told(FeedCheck::Kind::kHeads);
  told.tell_head();
  ++told.seq;
  told.chain.grow(0);
  told.tell_head();
  CHECK(told.check.finish().size() == 1);

  Told gap(FeedCheck::Kind::kHeads);
  gap.tell_head();
  gap.chain.grow(0);
  gap.chain.grow(0);
  gap.tell(R"({"reason":"no_answer"})", EventKind::kGap);
  gap.tell_head();
  CHECK(gap.check.finish().empty());
}

TEST_CASE("FeedCheck: a log that is missing, told twice or not taken back is found") {
  Told right(FeedCheck::Kind::kLogs);
  right.tell_logs();
  CHECK(right.check.finish().empty());

  Told missing(FeedCheck::Kind::kLogs);
  missing.tell_logs(1);
  CHECK(missing.check.finish().size() == 1);

  Told twice(FeedCheck::Kind::kLogs);
  twice.tell_logs();
  twice.tell(FeedChain::log_text(twice.last_log, false));
  CHECK(twice.check.finish().size() == 1);

  Told orphan(FeedCheck::Kind::kLogs);
  FeedLog never = orphan.chain.head().logs.empty() ? FeedLog{"0xbad", 99, 0, true}
                                                   : orphan.chain.head().logs[0];
  never.block_hash = "0xbad";
  orphan.tell(FeedChain::log_text(never, false));
  CHECK_FALSE(orphan.check.finish().empty());
}

}  // namespace sidecar::testing

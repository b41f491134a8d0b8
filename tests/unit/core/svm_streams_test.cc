#include "core/svm_streams.h"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_stream_out.h"

namespace sidecar::testing {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 12> kSubscriptions{{
    {"accountSubscribe", R"(["acc"])"},
    {"programSubscribe", R"(["prog"])"},
    {"logsSubscribe", R"([{"mentions":["acc"]},{"commitment":"processed"}])"},
    {"logsSubscribe", R"([{"mentions":["acc"]}])"},
    {"logsSubscribe", R"(["all"])"},
    {"signatureSubscribe", R"(["sig"])"},
    {"slotSubscribe", "[]"},
    {"rootSubscribe", "[]"},
    {"blockSubscribe", R"(["all"])"},
    {"blockSubscribe", R"([{"mentionsAccountOrProgram":"acc"}])"},
    {"voteSubscribe", "[]"},
    {"slotsUpdatesSubscribe", "[]"},
}};

/// What sources may say, of every kind: each stream sees all of it, whole and damaged.
constexpr std::array<const char*, 16> kTexts{
    R"({"context":{"slot":7},"value":{"lamports":1,"data":["","base64"],"owner":"o"}})",
    R"({"context":{"slot":8},"value":{"pubkey":"p","account":{"lamports":1}}})",
    R"({"context":{"slot":9},"value":[{"pubkey":"p","account":{"lamports":2}}]})",
    R"({"context":{"slot":9},"value":{"signature":"s","err":null,"logs":["a"]}})",
    R"({"context":{"slot":9},"value":{"slot":9,"block":{"blockhash":"h"},"err":null}})",
    R"({"context":{"slot":9},"value":[{"slot":7,"err":null,"confirmationStatus":"processed"}]})",
    R"({"context":{"slot":9},"value":[null]})",
    R"({"parent":9,"root":1,"slot":10})",
    R"([{"signature":"s","slot":9,"err":null},{"signature":"t","slot":8,"err":null}])",
    R"({"slot":9,"meta":{"err":null,"logMessages":["a"]}})",
    R"({"slot":9,"timestamp":1,"type":"frozen"})",
    "[8,9,10]",
    "18446744073709551615",
    "10",
    "null",
    R"({"context":{"slot":18446744073709551615},"value":null})",
};

FeedSpec spec_of(const std::pair<const char*, const char*>& subscription) {
  auto spec = feed_spec(subscription.first, subscription.second);
  REQUIRE(spec.ok());
  return spec.value();
}

}  // namespace

TEST_CASE("SvmStreams: there is one for each subscription of Solana and for no other") {
  FakeStreamOut out;
  for (const auto& subscription : kSubscriptions) {
    CAPTURE(subscription.first);
    CHECK(make_svm_stream(spec_of(subscription), {}, out) != nullptr);
  }
  CHECK(make_svm_stream(spec_of({"eth_subscribe", R"(["newHeads"])"}), {}, out) == nullptr);
}

TEST_CASE("SvmStreams: what is no event is counted and never told") {
  for (const auto& subscription : kSubscriptions) {
    CAPTURE(subscription.first);
    CAPTURE(subscription.second);
    FakeStreamOut out;
    const auto stream = make_svm_stream(spec_of(subscription), {}, out);
    for (const char* garbage : {"", " ", "\"", "null", "true", "\"x\"", "[", "[1]", "-1", "1.5"}) {
      stream->on_event(garbage);
    }
    CHECK(stream->bad_count() == 10);
    CHECK(out.events.empty());
  }
}

TEST_CASE("SvmStreams: no order of calls and no bytes break one") {
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto below = [&random](size_t end) { return static_cast<size_t>(random() % end); };
  for (const auto& subscription : kSubscriptions) {
    CAPTURE(subscription.first);
    CAPTURE(subscription.second);
    for (int round = 0; round < 40; ++round) {
      FakeStreamOut out;
      const auto stream = make_svm_stream(
          spec_of(subscription),
          {.fill_blocks_max = 4, .held_events_max = 3, .held_bytes_max = 400, .seen_max = 4}, out);
      for (int step = 0; step < 60; ++step) {
        const std::string text = kTexts[below(kTexts.size())];
        // A copy of its own size: a read past its end is seen.
        std::vector<char> bytes(text.begin(), text.end());
        if (below(3) == 0) {
          bytes[below(bytes.size())] = "{}[]\":,0\\ "[below(10)];
          bytes.resize(bytes.size() - below(bytes.size()));
          bytes.shrink_to_fit();
        }
        const std::string_view value(bytes.data(), bytes.size());
        const size_t what = below(8);
        if (what == 0) {
          stream->abandon();
        } else if (what == 1 && stream->is_asking()) {
          stream->give_up(GapReason::kNoAnswer);
        } else if (what <= 3 && !stream->is_asking()) {
          stream->catch_up(static_cast<CatchUp>(below(3)));
        } else if (what <= 5 && stream->is_asking()) {
          stream->on_answer(value);
        } else {
          stream->on_event(value);
        }
      }
      CHECK(out.finish_count <= 1);
      CHECK(out.events.size() + out.gaps.size() < 2'000);
    }
  }
}

}  // namespace sidecar::testing

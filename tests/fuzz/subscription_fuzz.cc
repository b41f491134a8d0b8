#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/make_stream.h"
#include "fuzz_input.h"
#include "rpc/byte_text.h"
#include "rpc/evm_event_facts.h"
#include "rpc/json_text.h"
#include "rpc/json_walk.h"
#include "rpc/subscription_request.h"

namespace sidecar::testing {
namespace {

/// Small, so that few lines come to each of them.
StreamOptions small() {
  StreamOptions options;
  options.fill_blocks_max = 6;
  options.held_events_max = 4;
  options.held_bytes_max = 4'096;
  options.seen_max = 8;
  return options;
}

/// What a stream says, held against its promises.
class CheckedOut final : public StreamOut {
 public:
  explicit CheckedOut(FeedKind kind) : kind_(kind) {}

  void deliver(std::string_view value, EventKind) override {
    ++delivered_count_;
    if (kind_ == FeedKind::kHeads) {
      take_header(value);
    } else if (kind_ == FeedKind::kLogs) {
      take_log(value);
    }
  }
  void deliver_last(std::string_view value, EventKind kind) override {
    require(!is_over_);
    is_over_ = true;
    deliver(value, kind);
  }
  void gap(GapReason, std::string_view members) override {
    const std::string object = "{" + std::string(members) + "}";
    const auto from = parse_quantity(json_member(object, "from_block"));
    const auto to = parse_quantity(json_member(object, "to_block"));
    require(!from || !to || *from <= *to);
    is_after_gap_ = true;
    asked_in_a_row_ = 0;
  }
  void ask(std::string_view method, const std::string& params) override {
    require(!is_question_out_ && !is_in_doubt_);
    require(!method.empty() && params.starts_with('[') && params.ends_with(']'));
    is_question_out_ = true;
    question_ = params;
    ++asked_in_a_row_;
    require(kind_ != FeedKind::kHeads || asked_in_a_row_ <= small().fill_blocks_max + 2);
  }
  void on_caught_up() override { asked_in_a_row_ = 0; }
  void on_doubt() override {
    require(!is_question_out_ && !is_in_doubt_);
    is_in_doubt_ = true;
  }

  /// The answer is about to be given. Heads begin with what is newest, or beside it.
  void take_answer(std::string_view answer) {
    is_question_out_ = false;
    const auto view = header_view(answer);
    if (view && question_.find("latest") != std::string::npos) {
      known_.emplace(view->hash);
      known_.emplace(view->parent_hash);
    }
  }
  /// The source is left: nothing that was asked will be answered.
  void drop_question() { is_question_out_ = is_in_doubt_ = false, asked_in_a_row_ = 0; }
  bool has_question() const { return is_question_out_; }
  /// After each line: the state fits, and not more came out than can have been kept.
  void require_sound(bool is_asking) {
    require(is_asking == (is_question_out_ || is_in_doubt_));
    const size_t kept_max = small().fill_blocks_max + 1 + small().held_events_max + 1;
    require(kind_ != FeedKind::kHeads || delivered_count_ <= kept_max);
    delivered_count_ = 0;
  }

 private:
  /// Each header follows one that was told, unless a gap was.
  void take_header(std::string_view value) {
    const auto view = header_view(value);
    require(view.has_value());
    const bool is_first = std::exchange(is_after_gap_, false) || known_.empty();
    require(is_first || known_.count(std::string(view->parent_hash)) > 0);
    known_.emplace(view->hash);
  }
  /// Nothing is taken back that was not given.
  void take_log(std::string_view value) {
    const auto view = log_view(value);
    require(view.has_value());
    int& count = given_[{std::string(view->block_hash), view->index}];
    count += view->is_removed ? -1 : 1;
    require(count >= 0);
  }

  const FeedKind kind_;
  bool is_question_out_ = false;
  bool is_in_doubt_ = false;
  bool is_over_ = false;
  bool is_after_gap_ = false;
  std::string question_;
  size_t asked_in_a_row_ = 0;
  size_t delivered_count_ = 0;
  std::set<std::string> known_;
  std::map<std::pair<std::string, uint64_t>, int> given_;
};

/// One line: its first byte says what happens to the stream, the rest is the text that comes.
void take_line(EventStream& stream, CheckedOut& out, bool may_poll, std::string_view line) {
  const char action = line.empty() ? '\0' : line[0];
  // A copy of its own size: a read past its end is seen.
  const std::vector<char> bytes(line.begin() + (line.empty() ? 0 : 1), line.end());
  const std::string_view text(bytes.data(), bytes.size());
  if (action == 'e') {
    stream.on_event(text);
  } else if (action == 'a' && out.has_question()) {
    out.take_answer(text);
    stream.on_answer(text);
  } else if (action == 'x') {
    out.drop_question();
    stream.abandon();
  } else if (action == 'g') {
    out.drop_question();
    stream.give_up(GapReason::kNoAnswer);
  } else if (action == 'h') {
    stream.on_pool_head(parse_quantity(text).value_or(0));
  } else if (!stream.is_asking() &&
             (action == 'n' || action == 'o' || (action == 'p' && may_poll))) {
    stream.catch_up(action == 'n'   ? CatchUp::kNewSource
                    : action == 'o' ? CatchUp::kOverlap
                                    : CatchUp::kPoll);
  }
  out.require_sound(stream.is_asking());
}

std::string_view take_to(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

}  // namespace
}  // namespace sidecar::testing

/// The first line is a subscription, `method params`: its canonical form must be its own. The other
/// lines are what sources tell and answer (e, a), and what the feed does about them: catch up (n,
/// o, p), abandon (x), give up (g), tell the pool's head (h).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sidecar;
  using namespace sidecar::testing;
  const std::vector<char> bytes(data, data + size);
  std::string_view rest(bytes.data(), bytes.size());
  std::string_view params = take_to(rest, '\n');
  const std::string_view method = take_to(params, ' ');
  const auto spec = feed_spec(method, params);
  if (!spec.ok()) {
    require(!spec.error().detail.empty() && spec.error().detail.size() < 256);
    return 0;
  }
  const auto again = feed_spec(spec.value().method, spec.value().params);
  require(again.ok() && again.value().key() == spec.value().key());
  require(again.value().kind == spec.value().kind);
  CheckedOut out(spec.value().kind);
  const auto stream = make_stream(spec.value(), small(), out);
  const bool may_poll = is_pollable(spec.value());
  while (!rest.empty()) {
    take_line(*stream, out, may_poll, take_to(rest, '\n'));
  }
  return 0;
}

#include "core/event_stream.h"

#include <utility>

#include "base/check.h"

namespace sidecar {

void EventStream::catch_up(CatchUp why) {
  CHECK(!is_asking_);
  why_ = why;
  is_filling_ = true;
  begin_catch_up();
}

void EventStream::on_event(std::string_view value) {
  if (is_asking_ || is_releasing_) {
    hold(value);
    return;
  }
  take(value);
}

void EventStream::on_answer(std::string_view result) {
  CHECK(is_asking_);
  is_asking_ = false;
  take_answer(result);
}

void EventStream::abandon() {
  drop_answer();
  has_overflown_ = false;
  held_.clear();
  held_bytes_ = 0;
}

void EventStream::drop_answer() {
  is_asking_ = false;
  is_filling_ = false;
  drop_question();
}

void EventStream::give_up(GapReason reason) {
  is_asking_ = false;
  drop_question();
  take_gap(reason);
  caught_up();
}

void EventStream::ask(std::string_view method, const std::string& params) {
  is_asking_ = true;
  is_filling_ = true;
  out_.ask(method, params);
}

void EventStream::caught_up() {
  is_filling_ = false;
  out_.on_caught_up();
  if (!is_releasing_) {
    release();
  }
}

void EventStream::doubt_source() {
  is_asking_ = true;
  out_.on_doubt();
}

void EventStream::put_back(std::string_view value) {
  held_.emplace_front(value);
  held_bytes_ += value.size();
}

void EventStream::hold(std::string_view value) {
  // Behind one that was dropped nothing is held: a stream goes on from the last it has seen.
  if (has_overflown_ || held_.size() >= options_.held_events_max ||
      held_bytes_ + value.size() > options_.held_bytes_max) {
    has_overflown_ = true;
    return;
  }
  held_.emplace_back(value);
  held_bytes_ += value.size();
}

/// An event of what was held may begin a question of its own; the rest waits for its answer.
void EventStream::release() {
  is_releasing_ = true;
  while (!is_asking_ && !held_.empty()) {
    const std::string value = std::move(held_.front());
    held_.pop_front();
    held_bytes_ -= value.size();
    take(value);
  }
  is_releasing_ = false;
  if (!is_asking_ && std::exchange(has_overflown_, false)) {
    catch_up(CatchUp::kOverlap);
  }
}

}  // namespace sidecar

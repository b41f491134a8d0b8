#include "downstream/reply_lane.h"

#include <algorithm>
#include <utility>

namespace sidecar {

void ReplyLane::put_whole(uint64_t text, std::string_view bytes) {
  if (current_ == 0) {
    (void)output_.write_piece(bytes, true, true);
    return;
  }
  waiting_.push_back({text, std::string(bytes), true});
  waiting_bytes_ += bytes.size();
}

Flow ReplyLane::put_piece(uint64_t text, std::string_view bytes, bool is_first, bool is_last) {
  if (current_ == 0 && is_first) {
    current_ = text;
  }
  if (text == current_) {
    const Flow flow = output_.write_piece(bytes, is_first, is_last);
    if (is_last) {
      current_ = 0;
      advance();
    }
    return flow;
  }
  if (is_first) {
    waiting_.push_back({text, {}, false});
  }
  const auto mine = std::find_if(waiting_.begin(), waiting_.end(),
                                 [text](const Waiting& one) { return one.text == text; });
  mine->bytes.append(bytes);
  mine->is_whole = is_last;
  waiting_bytes_ += bytes.size();
  return Flow::kFull;
}

void ReplyLane::advance() {
  while (current_ == 0 && !waiting_.empty()) {
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= next.bytes.size();
    (void)output_.write_piece(next.bytes, true, next.is_whole);
    if (!next.is_whole) {
      current_ = next.text;
      is_resume_due_ = true;
    }
  }
}

bool ReplyLane::take_resume() {
  return std::exchange(is_resume_due_, false);
}

}  // namespace sidecar

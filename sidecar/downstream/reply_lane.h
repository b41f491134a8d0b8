#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/flow.h"

namespace sidecar {

/// Where one message after another is written.
class LaneOutput {
 public:
  virtual Flow write_piece(std::string_view bytes, bool is_first, bool is_last) = 0;

 protected:
  ~LaneOutput() = default;
};

/// Puts answers on a wire that carries one message at a time: while a long one is being written in
/// pieces, the others wait their turn.
/// Limits: what waits counts in waiting_bytes(); a long one that waits is told kFull, so it stays
/// at what its first piece brought. Owner: a session, by value.
class ReplyLane {
 public:
  explicit ReplyLane(LaneOutput& output) : output_(output) {}

  void put_whole(uint64_t text, std::string_view bytes);
  Flow put_piece(uint64_t text, std::string_view bytes, bool is_first, bool is_last);
  /// True once after a waiting long answer got the wire: its call is to be resumed.
  bool take_resume();
  /// No long answer is being written.
  bool is_free() const { return current_ == 0; }
  size_t waiting_bytes() const { return waiting_bytes_; }

 private:
  struct Waiting {
    uint64_t text;
    std::string bytes;
    bool is_whole;
  };
  void advance();

  LaneOutput& output_;
  std::deque<Waiting> waiting_;
  size_t waiting_bytes_ = 0;
  uint64_t current_ = 0;  ///< the text being written in pieces; 0 = none
  bool is_resume_due_ = false;
};

}  // namespace sidecar

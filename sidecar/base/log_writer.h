#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/time.h"

namespace sidecar::log {

/// Writes lines to a descriptor without ever making who writes them wait: they go into a bounded
/// buffer, and a thread of its own empties it. O_NONBLOCK would do it without a thread, but it
/// belongs to the open file and so would change what other processes do that share it.
///
///   push ─▶ buffer (bytes_max) ─▶ thread ─▶ write(2)
///             └─ full: dropped               └─ refused (disk full, reader gone): dropped
/// This is the one place of the house with a mutex: nothing else runs on that thread.
/// Limits: bytes_max wait, and as many are being written. Owner: log.cc, or a test.
/// Errors: none; what is lost is counted.
class LogWriter {
 public:
  /// `fd`: stays the caller's.
  explicit LogWriter(int fd, size_t bytes_max = kBytesMax);
  /// Leaves a thread that hangs in write(2) behind; it touches nothing of the house.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// `line`: with its end. False: dropped.
  bool push(std::string_view line);
  /// Waits until all is written, no longer than `at_most`.
  bool flush(Millis at_most);
  /// Lines lost since the start, whatever the cause.
  uint64_t dropped() const;

  static constexpr size_t kBytesMax = 1u << 20;

  struct Shared;

 private:
  void start();

  std::shared_ptr<Shared> shared_;
  bool is_started_ = false;  ///< with the first line
};

}  // namespace sidecar::log

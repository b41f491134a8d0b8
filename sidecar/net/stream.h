#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/loop.h"

namespace sidecar {

/// What a Stream tells its owner; on the loop, never inside a call to the Stream.
class StreamSink {
 public:
  /// Bytes as they came; the view lives during the callback.
  virtual void on_stream_bytes(std::string_view bytes) = 0;
  /// The peer will send no more; writing still works (half-close).
  virtual void on_stream_eof() = 0;
  /// A connect() succeeded.
  virtual void on_stream_connected() {}
  /// Reading, writing or connecting failed: nothing more comes. `what` is the system's text.
  virtual void on_stream_failed(std::string_view what) = 0;
  /// The queue fell back under half of its mark after append() had reached it.
  virtual void on_stream_drained() = 0;

 protected:
  ~StreamSink() = default;
};

/// One connected Unix-domain byte stream with an output queue that is written once a loop turn.
/// Not: it frames nothing and bounds nothing; its owner watches queued_bytes().
/// Owner: a StreamPtr, which closes in two phases: no callback comes after it is reset, memory goes
/// in the close callback.
class Stream final : private TurnEnd {
 public:
  struct Closer {
    void operator()(Stream* stream) const { stream->close(); }
  };
  using Ptr = std::unique_ptr<Stream, Closer>;

  /// Takes over a connected, non-blocking socket; it is closed on failure too. Reading starts at
  /// once.
  static Result<Ptr> adopt(Loop& loop, int fd, size_t queue_mark_bytes, StreamSink& sink);
  /// Dials a socket file (at most 107 bytes). on_stream_connected or on_stream_failed follows.
  static Result<Ptr> connect(Loop& loop, const std::string& path, size_t queue_mark_bytes,
                             StreamSink& sink);

  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// The output queue's open end: append to it, then call commit(). Written at the end of the turn.
  std::string& out();
  void commit();
  void write(std::string_view bytes) {
    out().append(bytes);
    commit();
  }

  void pause_reading();
  void resume_reading();
  /// Sends FIN once the queue is written; reading goes on.
  void finish_writing();
  /// Lets go of a stream so that its peer gets all that is queued, then FIN, and never a reset:
  /// what the peer still sends is read and dropped until it closes too, or kLingerMax has passed.
  static void close_gently(Ptr stream);
  static constexpr Millis kLingerMax{300};

  /// Bytes appended and not yet taken by the kernel.
  size_t queued_bytes() const { return out_.size() + in_kernel_wait_.size(); }
  bool is_over_mark() const { return queued_bytes() > queue_mark_bytes_; }
  bool is_reading() const { return is_reading_; }
  /// After on_stream_eof: true when the peer has closed altogether, false when it only sends no
  /// more.
  bool is_peer_gone() const;
  int fd() const;

 private:
  struct Handles;
  Stream(Loop& loop, size_t queue_mark_bytes, StreamSink& sink);
  ~Stream();

  void close();
  void on_closed();
  void on_read(ssize_t count, const char* bytes);
  void report_failure(const char* what);
  void on_turn_end() override;
  void flush();
  ssize_t send_now();
  void fail(int error);
  void on_written(int status);
  void note_drained();
  void shut_if_done();
  void account();

  Loop& loop_;
  StreamSink* sink_;
  Handles* handles_;
  size_t queue_mark_bytes_;
  std::string out_;             ///< appended this turn, or while a write is under way
  std::string in_kernel_wait_;  ///< handed to uv_write, which keeps pointing at it
  size_t accounted_bytes_ = 0;  ///< of queued_bytes(), told to the loop
  int fd_ = -1;                 ///< once something was written
  bool is_flush_due_ = false;
  bool is_writing_ = false;
  bool is_connected_ = false;
  bool is_reading_ = false;
  bool is_failed_ = false;
  bool was_over_mark_ = false;
  bool is_finishing_ = false;
  bool is_failure_posted_ = false;  ///< a posted step still points here: memory must wait for it
  bool is_closing_ = false;
  bool is_closed_ = false;
  std::unique_ptr<Timer> linger_;
};

using StreamPtr = Stream::Ptr;

}  // namespace sidecar

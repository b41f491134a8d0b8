#include "net/stream.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <utility>

namespace sidecar {

namespace {

constexpr size_t kPathBytesMax = 107;

}  // namespace

struct Stream::Handles {
  uv_pipe_t pipe;
  uv_write_t write;
  uv_connect_t connect;
  uv_shutdown_t shutdown;
};

Result<Stream::Ptr> Stream::adopt(Loop& loop, int fd, size_t queue_mark_bytes, StreamSink& sink) {
  Ptr stream(new Stream(loop, queue_mark_bytes, sink));
  if (const int rc = uv_pipe_open(&stream->handles_->pipe, fd); rc != 0) {
    ::close(fd);
    return Error{Errc::kSystem, uv_strerror(rc)};
  }
  stream->is_connected_ = true;
  stream->resume_reading();
  return stream;
}

Result<Stream::Ptr> Stream::connect(Loop& loop, const std::string& path, size_t queue_mark_bytes,
                                    StreamSink& sink) {
  // libuv 1.44 cuts a longer path short and connects to whatever has that name.
  if (path.size() > kPathBytesMax) {
    return Error{Errc::kInvalid, "socket path is longer than 107 bytes"};
  }
  Ptr stream(new Stream(loop, queue_mark_bytes, sink));
  uv_pipe_connect(&stream->handles_->connect, &stream->handles_->pipe, path.c_str(),
                  [](uv_connect_t* request, int status) {
                    if (status == UV_ECANCELED) {
                      return;  // closed while dialling
                    }
                    auto* self = static_cast<Stream*>(request->handle->data);
                    if (status != 0) {
                      self->fail(status);
                      return;
                    }
                    self->is_connected_ = true;
                    self->resume_reading();
                    self->sink_->on_stream_connected();
                  });
  return stream;
}

Stream::Stream(Loop& loop, size_t queue_mark_bytes, StreamSink& sink)
    : loop_(loop), sink_(&sink), handles_(new Handles), queue_mark_bytes_(queue_mark_bytes) {
  uv_pipe_init(loop_.raw(), &handles_->pipe, 0);
  handles_->pipe.data = this;
}

Stream::~Stream() {
  loop_.note_output(accounted_bytes_, 0);
  delete handles_;
}

void Stream::close() {
  if (is_closing_) {
    return;
  }
  sink_ = nullptr;
  linger_.reset();
  if (is_flush_due_) {
    // What was said last (an error before closing, say) still goes out if the kernel takes it.
    loop_.forget_turn_end(*this);
    flush();
  }
  is_closing_ = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->pipe),
           [](uv_handle_t* handle) { static_cast<Stream*>(handle->data)->on_closed(); });
}

void Stream::on_closed() {
  is_closed_ = true;
  if (!is_failure_posted_) {
    delete this;
  }
}

void Stream::close_gently(Ptr stream) {
  Stream* self = stream.get();
  if (!self->is_connected_ || self->is_failed_) {
    return;
  }
  self->sink_ = nullptr;
  self->resume_reading();
  self->finish_writing();
  self->linger_ = self->loop_.make_timer([self]() { self->close(); });
  self->linger_->arm(self->loop_.now() + kLingerMax);
  (void)stream.release();  // ends itself: on the peer's FIN, on an error, or by the timer
}

std::string& Stream::out() {
  if (out_.empty() && out_.capacity() < 64) {
    out_ = loop_.take_buffer();
  }
  return out_;
}

void Stream::commit() {
  if (!is_flush_due_ && !is_writing_ && !is_failed_ && !out_.empty()) {
    is_flush_due_ = true;
    loop_.at_turn_end(*this);
  }
  was_over_mark_ = was_over_mark_ || is_over_mark();
  account();
}

void Stream::account() {
  loop_.note_output(accounted_bytes_, queued_bytes());
  accounted_bytes_ = queued_bytes();
}

void Stream::on_turn_end() {
  is_flush_due_ = false;
  flush();
}

void Stream::flush() {
  is_flush_due_ = false;
  if (is_closing_) {
    return;
  }
  if (!is_connected_ || is_writing_ || is_failed_ || out_.empty()) {
    shut_if_done();
    return;
  }
  const ssize_t written = send_now();
  if (written < 0) {
    fail(static_cast<int>(written));
    return;
  }
  if (written > 0 && static_cast<size_t>(written) == out_.size()) {
    loop_.give_back(std::move(out_));
    out_ = std::string();
    note_drained();
    shut_if_done();
    return;
  }
  in_kernel_wait_ = std::move(out_);
  out_ = std::string();
  if (written > 0) {
    in_kernel_wait_.erase(0, static_cast<size_t>(written));
  }
  uv_buf_t buf = uv_buf_init(in_kernel_wait_.data(), static_cast<unsigned>(in_kernel_wait_.size()));
  is_writing_ = true;
  const int rc = uv_write(&handles_->write, reinterpret_cast<uv_stream_t*>(&handles_->pipe), &buf,
                          1, [](uv_write_t* request, int status) {
                            static_cast<Stream*>(request->handle->data)->on_written(status);
                          });
  if (rc != 0) {
    is_writing_ = false;
    fail(rc);
  }
}

/// How many bytes the kernel takes at once, or a uv error. uv_try_write would call write(), which
/// looks at the file's inode and lock too: with thousands of streams each look is a cache miss.
ssize_t Stream::send_now() {
  if (fd_ < 0) {
    fd_ = fd();
  }
  const ssize_t count = ::send(fd_, out_.data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count >= 0) {
    return count;
  }
  const bool is_full = errno == EAGAIN || errno == ENOBUFS || errno == EINTR;
  return is_full ? 0 : uv_translate_sys_error(errno);
}

void Stream::on_written(int status) {
  is_writing_ = false;
  loop_.give_back(std::move(in_kernel_wait_));
  in_kernel_wait_ = std::string();
  if (sink_ == nullptr && !linger_) {
    return;  // closed: the close callback follows
  }
  if (status != 0) {
    fail(status);
    return;
  }
  note_drained();
  flush();
}

void Stream::note_drained() {
  account();
  if (was_over_mark_ && queued_bytes() <= queue_mark_bytes_ / 2) {
    was_over_mark_ = false;
    if (sink_ != nullptr) {
      sink_->on_stream_drained();
    }
  }
}

void Stream::fail(int error) {
  if (is_failed_ || is_closing_) {
    return;
  }
  is_failed_ = true;
  pause_reading();
  if (linger_) {
    close();
    return;
  }
  if (sink_ == nullptr) {
    return;
  }
  // On a turn of its own: the owner may be in the middle of a call to us, and will close us.
  is_failure_posted_ = true;
  loop_.post([this, error]() { report_failure(uv_strerror(error)); });
}

void Stream::report_failure(const char* what) {
  is_failure_posted_ = false;
  if (is_closed_) {
    delete this;
  } else if (sink_ != nullptr) {
    sink_->on_stream_failed(what);
  }
}

void Stream::pause_reading() {
  if (is_reading_) {
    uv_read_stop(reinterpret_cast<uv_stream_t*>(&handles_->pipe));
    is_reading_ = false;
  }
}

void Stream::resume_reading() {
  if (is_reading_ || is_failed_ || !is_connected_) {
    return;
  }
  is_reading_ = true;
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&handles_->pipe),
      [](uv_handle_t* handle, size_t, uv_buf_t* buf) {
        auto* self = static_cast<Stream*>(handle->data);
        *buf = uv_buf_init(self->loop_.read_buffer(), Loop::kReadBufferBytes);
      },
      [](uv_stream_t* pipe, ssize_t count, const uv_buf_t* buf) {
        static_cast<Stream*>(pipe->data)->on_read(count, buf->base);
      });
}

void Stream::on_read(ssize_t count, const char* bytes) {
  if (count < 0 && count != UV_EOF) {
    fail(static_cast<int>(count));
  } else if (sink_ != nullptr && count > 0) {
    sink_->on_stream_bytes({bytes, static_cast<size_t>(count)});
  } else if (sink_ != nullptr && count == UV_EOF) {
    pause_reading();
    sink_->on_stream_eof();
  } else if (linger_ && count == UV_EOF) {
    close();
  }
}

void Stream::finish_writing() {
  is_finishing_ = true;
  shut_if_done();
}

void Stream::shut_if_done() {
  if (!is_finishing_ || is_closing_ || is_writing_ || !out_.empty() || !is_connected_ ||
      is_failed_) {
    return;
  }
  is_finishing_ = false;
  uv_shutdown(&handles_->shutdown, reinterpret_cast<uv_stream_t*>(&handles_->pipe),
              [](uv_shutdown_t*, int) {});
}

bool Stream::is_peer_gone() const {
  pollfd query{fd(), 0, 0};
  return ::poll(&query, 1, 0) == 1 && (query.revents & (POLLHUP | POLLERR)) != 0;
}

int Stream::fd() const {
  uv_os_fd_t fd = -1;
  uv_fileno(reinterpret_cast<const uv_handle_t*>(&handles_->pipe), &fd);
  return fd;
}

}  // namespace sidecar

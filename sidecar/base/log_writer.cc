#include "base/log_writer.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace sidecar::log {

struct LogWriter::Shared {
  int fd = -1;
  size_t bytes_max = 0;
  std::mutex mutex;
  std::condition_variable has_work;
  std::condition_variable is_idle;
  std::string waiting;
  bool is_writing = false;
  bool is_over = false;
  uint64_t dropped = 0;
};

namespace {

uint64_t count_lines(std::string_view text) {
  return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Writes all of it and waits as long as that takes. Returns the lines that were not taken;
/// `is_torn`: the last line that was taken lacks its end.
uint64_t write_all(int fd, std::string_view text, bool& is_torn) {
  if (is_torn && ::write(fd, "\n", 1) == 1) {
    is_torn = false;
  }
  while (!text.empty()) {
    const ssize_t taken = ::write(fd, text.data(), text.size());
    if (taken > 0) {
      text.remove_prefix(static_cast<size_t>(taken));
      is_torn = text.data()[-1] != '\n';
    } else if (errno == EAGAIN) {
      pollfd one{fd, POLLOUT, 0};
      ::poll(&one, 1, -1);
    } else if (errno != EINTR) {
      return count_lines(text);
    }
  }
  return 0;
}

/// The thread's life. `shared` is its own, so that it may outlive the writer.
void empty(const std::shared_ptr<LogWriter::Shared>& shared) {
  bool is_torn = false;
  std::string text;
  std::unique_lock lock(shared->mutex);
  while (true) {
    shared->has_work.wait(lock, [&]() { return shared->is_over || !shared->waiting.empty(); });
    if (shared->waiting.empty()) {
      return;
    }
    text.clear();
    text.swap(shared->waiting);
    shared->is_writing = true;
    lock.unlock();
    const uint64_t lost = write_all(shared->fd, text, is_torn);
    lock.lock();
    shared->is_writing = false;
    shared->dropped += lost;
    shared->is_idle.notify_all();
  }
}

}  // namespace

LogWriter::LogWriter(int fd, size_t bytes_max) : shared_(std::make_shared<Shared>()) {
  shared_->fd = fd;
  shared_->bytes_max = bytes_max;
}

LogWriter::~LogWriter() {
  const std::lock_guard lock(shared_->mutex);
  shared_->is_over = true;
  shared_->has_work.notify_all();
}

void LogWriter::start() {
  is_started_ = true;
  // Signals are the loop's.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([shared = shared_]() { empty(shared); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

bool LogWriter::push(std::string_view line) {
  if (!is_started_) {
    start();
  }
  const std::lock_guard lock(shared_->mutex);
  if (shared_->waiting.size() + line.size() > shared_->bytes_max) {
    ++shared_->dropped;
    return false;
  }
  shared_->waiting += line;
  shared_->has_work.notify_one();
  return true;
}

bool LogWriter::flush(Millis at_most) {
  std::unique_lock lock(shared_->mutex);
  return shared_->is_idle.wait_for(
      lock, at_most, [this]() { return shared_->waiting.empty() && !shared_->is_writing; });
}

uint64_t LogWriter::dropped() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->dropped;
}

}  // namespace sidecar::log

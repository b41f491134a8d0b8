#include "net/file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "net/loop.h"

namespace sidecar {

namespace {

/// 0, or the system's error number.
int write_all(int fd, const std::string& bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t taken = ::write(fd, bytes.data() + at, bytes.size() - at);
    if (taken < 0 && errno != EINTR) {
      return errno;
    }
    at += taken > 0 ? static_cast<size_t>(taken) : 0;
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

int sync_folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return errno;
  }
  const int error = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

int replace_file(const std::string& path, const std::string& bytes) {
  const std::string fresh = path + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    return errno;
  }
  int error = write_all(fd, bytes);
  if (::close(fd) != 0 && error == 0) {
    error = errno;
  }
  if (error == 0 && std::rename(fresh.c_str(), path.c_str()) != 0) {
    error = errno;
  }
  if (error != 0) {
    ::unlink(fresh.c_str());
    return error;
  }
  return sync_folder_of(path);
}

}  // namespace

struct FileWriter::Work {
  uv_work_t request{};
  FileWriter* writer = nullptr;  ///< null: it is gone
  std::string path;
  std::string bytes;
  std::function<void(Status)> on_written;
  int error = 0;
};

FileWriter::FileWriter(Loop& loop, std::string path) : loop_(loop), path_(std::move(path)) {
  // A file that would be too large is a failed write, not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
}

FileWriter::~FileWriter() {
  if (work_ != nullptr) {
    work_->writer = nullptr;
  }
}

void FileWriter::write(std::string bytes, std::function<void(Status)> on_written) {
  CHECK(is_idle());
  work_ = new Work;
  work_->request.data = work_;
  work_->writer = this;
  work_->path = path_;
  work_->bytes = std::move(bytes);
  work_->on_written = std::move(on_written);
  const int rc = uv_queue_work(
      loop_.raw(), &work_->request,
      [](uv_work_t* request) {
        auto* work = static_cast<Work*>(request->data);
        work->error = replace_file(work->path, work->bytes);
      },
      [](uv_work_t* request, int) {
        const std::unique_ptr<Work> work(static_cast<Work*>(request->data));
        if (work->writer == nullptr) {
          return;
        }
        work->writer->work_ = nullptr;
        work->on_written(
            work->error == 0
                ? Status(Done{})
                : Status(Error{Errc::kSystem, work->path + ": " + std::strerror(work->error)}));
      });
  CHECK(rc == 0);  // it only fails without a work callback
}

}  // namespace sidecar

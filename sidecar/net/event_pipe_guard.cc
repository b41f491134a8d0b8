#include "net/event_pipe_guard.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace sidecar {

std::vector<int> EventPipeGuard::event_descriptors() {
  std::vector<int> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const std::filesystem::path target = std::filesystem::read_symlink(entry.path(), error);
    if (!error && target == "anon_inode:[eventfd]") {
      found.push_back(std::stoi(entry.path().filename()));
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

void EventPipeGuard::after_create() {
  const std::vector<int> after = event_descriptors();
  pipes_.clear();
  std::set_difference(after.begin(), after.end(), before_.begin(), before_.end(),
                      std::back_inserter(pipes_));
  before_.clear();
}

void EventPipeGuard::after_destroy() const {
  for (const int pipe : pipes_) {
    if (::fcntl(pipe, F_GETFD) != -1) {
      continue;  // the library has it still
    }
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing == pipe || nothing == -1) {
      continue;
    }
    const int held = ::fcntl(nothing, F_DUPFD_CLOEXEC, pipe);
    if (held != -1 && held != pipe) {
      ::close(held);  // somebody has the number already
    }
    ::close(nothing);
  }
}

}  // namespace sidecar

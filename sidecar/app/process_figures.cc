#include "app/process_figures.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cinttypes>
#include <cstdio>

namespace sidecar {

namespace {

Nanos span_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

/// statm: sizes in pages, the second is what is resident.
std::optional<uint64_t> resident_bytes(const std::string& self) {
  const int fd = ::open((self + "/statm").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return std::nullopt;
  }
  std::array<char, 128> text{};
  const ssize_t length = ::read(fd, text.data(), text.size() - 1);
  ::close(fd);
  uint64_t pages = 0;
  if (length <= 0 || std::sscanf(text.data(), "%*u %" SCNu64, &pages) != 1) {
    return std::nullopt;
  }
  return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// The folder's size is their number; older kernels say 0, and counting thousands of entries would
/// hold the loop up.
std::optional<uint64_t> open_fds(const std::string& self) {
  struct stat folder {};
  if (::stat((self + "/fd").c_str(), &folder) != 0 || folder.st_size <= 0) {
    return std::nullopt;
  }
  return static_cast<uint64_t>(folder.st_size);
}

}  // namespace

ProcessFigures process_figures(const std::string& self) {
  ProcessFigures figures;
  figures.resident_bytes = resident_bytes(self);
  figures.open_fds = open_fds(self);
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    figures.processor_time = span_of(usage.ru_utime) + span_of(usage.ru_stime);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    figures.fds_max = limit.rlim_cur;
  }
  return figures;
}

}  // namespace sidecar

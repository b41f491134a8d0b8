#include "config/config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "config/quantity.h"
#include "config/toml_source.h"

namespace sidecar {
namespace {

class OpenFile {
 public:
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  explicit OpenFile(const std::string& path)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_;
};

Error system_error(const std::string& what) {
  const int code = errno;
  Errc errc = Errc::kSystem;
  if (code == ENOENT || code == ENOTDIR) {
    errc = Errc::kNotFound;
  } else if (code == EACCES || code == EPERM) {
    errc = Errc::kPermission;
  }
  return {errc, what + ": " + std::strerror(code)};
}

std::optional<Error> refuse(const struct stat& status, const FileRules& rules) {
  if (!S_ISREG(status.st_mode)) {
    return Error{Errc::kInvalid, "is not a regular file"};
  }
  if (status.st_uid != 0 && status.st_uid != geteuid()) {
    return Error{Errc::kPermission, "belongs to user " + std::to_string(status.st_uid) +
                                        "; its owner must be root or user " +
                                        std::to_string(geteuid())};
  }
  const unsigned mode = status.st_mode & 07777u;
  if ((mode & rules.mode_forbidden) != 0) {
    const bool is_read = (rules.mode_forbidden & 0004u) != 0;
    return Error{Errc::kPermission, std::string("others may ") + (is_read ? "read" : "change") +
                                        " it (mode " + format_mode(mode) + "); chmod it to " +
                                        format_mode(mode & ~rules.mode_forbidden)};
  }
  return std::nullopt;
}

}  // namespace

FileRules config_file_rules() {
  return {kConfigBytesMax, 0002};
}

FileRules service_credential_rules() {
  return {size_t{64} << 10, 0007};
}

FileRules own_credential_rules() {
  return {size_t{64} << 10, 0077};
}

Result<std::string> read_guarded_file(const std::string& path, const FileRules& rules) {
  const OpenFile file(path);
  if (file.fd() < 0) {
    return system_error("cannot be opened");
  }
  struct stat status = {};
  if (fstat(file.fd(), &status) != 0) {
    return system_error("cannot be looked at");
  }
  if (auto error = refuse(status, rules)) {
    return *error;
  }
  std::string text(rules.bytes_max + 1, '\0');
  size_t length = 0;
  while (length < text.size()) {
    const ssize_t count = read(file.fd(), text.data() + length, text.size() - length);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return system_error("cannot be read");
    }
    if (count == 0) {
      break;
    }
    length += static_cast<size_t>(count);
  }
  if (length > rules.bytes_max) {
    return Error{Errc::kLimit, "is longer than " + format_bytes(rules.bytes_max)};
  }
  text.resize(length);
  return text;
}

}  // namespace sidecar

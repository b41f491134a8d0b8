#include "app/state_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>

namespace sidecar {

namespace {

constexpr std::string_view kMagic = "rpc-sidecar-state ";
constexpr std::string_view kSum = " crc32c=";
constexpr std::string_view kBytes = " bytes=";

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1) ^ ((value & 1) != 0 ? 0x82f63b78u : 0u);
    }
    table[i] = value;
  }
  return table;
}

/// Takes a number off the front.
std::optional<uint64_t> take_number(std::string_view& text, int base) {
  uint64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (end.ec != std::errc() || end.ptr == text.data()) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<size_t>(end.ptr - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view word) {
  const bool is_there = text.starts_with(word);
  text.remove_prefix(is_there ? word.size() : 0);
  return is_there;
}

Error invalid(std::string why) {
  return Error{Errc::kInvalid, std::move(why)};
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<uint32_t, 256> kTable = make_table();
  uint32_t sum = ~0u;
  for (const char c : bytes) {
    sum = (sum >> 8) ^ kTable[(sum ^ static_cast<unsigned char>(c)) & 0xff];
  }
  return ~sum;
}

std::string seal_state(std::string_view json) {
  std::array<char, 9> sum{};
  std::snprintf(sum.data(), sum.size(), "%08x", crc32c(json));
  std::string text(kMagic);
  text += std::to_string(kStateVersion);
  text.append(kSum).append(sum.data()).append(kBytes).append(std::to_string(json.size()));
  return text.append("\n").append(json);
}

Result<std::string> unseal_state(std::string_view bytes) {
  std::string_view rest = bytes;
  if (!take(rest, kMagic)) {
    return invalid("it is no state file of rpc-sidecar");
  }
  const auto version = take_number(rest, 10);
  if (!version) {
    return invalid("its first line is damaged");
  }
  if (*version != kStateVersion) {
    return invalid("its version is " + std::to_string(*version) + ", and this sidecar reads " +
                   std::to_string(kStateVersion));
  }
  const auto sum = take(rest, kSum) ? take_number(rest, 16) : std::nullopt;
  const auto length = sum && take(rest, kBytes) ? take_number(rest, 10) : std::nullopt;
  if (!length || !take(rest, "\n")) {
    return invalid("its first line is damaged");
  }
  if (rest.size() != *length) {
    return invalid("it should hold " + std::to_string(*length) + " bytes and holds " +
                   std::to_string(rest.size()));
  }
  if (crc32c(rest) != *sum) {
    return invalid("its checksum is wrong");
  }
  return std::string(rest);
}

Result<std::string> read_state_file(const std::string& path) {
  // Not to wait for a writer, were it a pipe.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return Error{errno == ENOENT ? Errc::kNotFound : Errc::kSystem, std::strerror(errno)};
  }
  std::string bytes(kStateBytesMax + 1, '\0');
  size_t size = 0;
  ssize_t got = 0;
  while (size < bytes.size() && (got = ::read(fd, bytes.data() + size, bytes.size() - size)) > 0) {
    size += static_cast<size_t>(got);
  }
  const int error = got < 0 ? errno : 0;
  ::close(fd);
  if (error != 0) {
    return Error{Errc::kSystem, std::strerror(error)};
  }
  if (size > kStateBytesMax) {
    return invalid("it has more than " + std::to_string(kStateBytesMax) + " bytes");
  }
  bytes.resize(size);
  return unseal_state(bytes);
}

}  // namespace sidecar

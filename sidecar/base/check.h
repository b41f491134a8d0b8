#pragma once

namespace sidecar {

/// Prints the broken invariant to standard error and aborts; stays on in release builds.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace sidecar

/// An invariant of our own. Never used on bytes from outside.
#define CHECK(condition)                                       \
  do {                                                         \
    if (!(condition)) [[unlikely]] {                           \
      ::sidecar::check_failed(#condition, __FILE__, __LINE__); \
    }                                                          \
  } while (false)

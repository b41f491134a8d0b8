#pragma once

#include <span>
#include <string_view>

namespace sidecar {

/// An error as a node or provider words it.
struct NamedError {
  std::string_view name;
  int status;  ///< the HTTP status that a single call's answer has then
  int code;
  std::string_view message;
  std::string_view data = {};  ///< JSON; empty = absent
};

/// Sorted by name.
std::span<const NamedError> named_errors();
/// Null when there is none of that name.
const NamedError* find_named_error(std::string_view name);

}  // namespace sidecar

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sidecar {

/// A TOML basic string with its quotes; whatever the bytes are, the result is TOML.
std::string quoted(std::string_view text);

/// A TOML key: bare when it may be, else quoted.
std::string toml_key(std::string_view key);

/// Text from outside, fit for a fault line: control characters escaped, at most `length_max` bytes.
std::string printable(std::string_view text, size_t length_max = 64);

/// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates.
bool is_utf8(std::string_view text);

}  // namespace sidecar

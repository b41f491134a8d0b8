#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sidecar {

/// The lexical odds and ends of JSON that writers and readers of single values share.

/// Appends `text` as a JSON string with its quotes. Invalid UTF-8 becomes U+FFFD, so that the
/// result is always valid JSON, whatever a provider sent.
void append_json_string(std::string& out, std::string_view text);

void append_decimal(std::string& out, uint64_t number);

/// The text that a string lexeme (with its quotes) stands for.
/// Requires: `lexeme` was accepted by JsonScanner.
std::string unescape_json_string(std::string_view lexeme);

/// Numbers by their lexeme, exactly: `1.0`, `1e3` and what does not fit are no integers.
std::optional<int64_t> to_int64(std::string_view lexeme);
std::optional<uint64_t> to_uint64(std::string_view lexeme);
/// A block or slot number as chains write it: `"0x1b4"`, leading zeros allowed, or `436`.
std::optional<uint64_t> parse_quantity(std::string_view lexeme);

/// Offset of the first byte that is not JSON white space; text.size() when there is none.
size_t skip_whitespace(std::string_view text, size_t from = 0);

}  // namespace sidecar

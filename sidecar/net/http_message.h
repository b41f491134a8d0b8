#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sidecar {

/// Compares words of HTTP headers: ASCII case does not count.
bool is_same_word(std::string_view a, std::string_view b);

/// Whether a comma list like `keep-alive, Upgrade` names `word`.
bool has_word(std::string_view list, std::string_view word);

/// Content-Length: digits and nothing else, below 2^64.
std::optional<uint64_t> read_length(std::string_view text);

/// What an answer says of its connection. kSilent is keep-alive in HTTP/1.1.
enum class HttpConnectionHeader { kSilent, kKeepAlive, kClose };

/// Appends status line and headers, without the empty line that ends them. No Server, no Date, and
/// no Keep-Alive: undici takes its timeout for a promise. `more`: whole header lines, or empty.
void append_reply_head(std::string& out, int status, std::string_view content_type,
                       HttpConnectionHeader connection, std::string_view more);

/// Appends one chunk of Transfer-Encoding: chunked. Requires: bytes is not empty.
void append_chunk(std::string& out, std::string_view bytes);
constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace sidecar

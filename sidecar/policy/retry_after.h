#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace sidecar {

/// How long a provider asks to be left alone.
/// `header`: Retry-After's value, seconds or an HTTP-date (RFC 9110, 10.2.3, all three date forms).
/// `unix_now`: wall time since the epoch. A date in the past is zero. None: neither.
std::optional<Millis> parse_retry_after(std::string_view header, Millis unix_now);

/// The same from an error body: Infura's data.rate.backoff_seconds, "try again in 5s", "retry after
/// 1.5 seconds", try_again_in "150ms" and their like. None when it names no time.
std::optional<Millis> retry_hint_in(std::string_view message, std::string_view data);

}  // namespace sidecar

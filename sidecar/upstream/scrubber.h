#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "upstream/options.h"

namespace sidecar {

/// Takes a provider's secrets out of what it says: some echo the URL, with the key in it, in their
/// error texts, and those go to workers. Only errors are looked at: a result is passed on
/// untouched. Secrets: user and password, what looks like a key in the path, the values of the
/// query and of headers; none that is shorter than kBytesMin, or every other word would be starred.
/// Owner: a channel, by value.
class Scrubber {
 public:
  static constexpr size_t kBytesMin = 6;

  Scrubber() = default;
  explicit Scrubber(const ProviderOptions& options);

  /// `text` itself when it has no secret in it; else it lives until the next call.
  std::string_view scrub(std::string_view text);

 private:
  void add_url(std::string_view url);
  void add(std::string_view secret);

  std::vector<std::string> secrets_;  ///< the longest first: one may be part of another
  std::string clean_;
};

}  // namespace sidecar

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config_file.h"
#include "config/environment.h"

namespace sidecar {

/// A string value after its `${...}` were replaced.
struct Expanded {
  std::string text;
  /// Offset in `text` of the first replaced part; such a text must not be shown.
  std::optional<size_t> substituted_at;
  std::vector<std::string> faults;  ///< sentences that name the variable and never a value
};

/// Replaces `${NAME}` by a variable of the environment, `${CRED:name}` by a file that holds a key,
/// and `$$` by `$`.
/// Not: it does not look into what it put in; a `${` that comes from a variable stays as it is.
/// Limits: a credential is at most 64 KiB; one new line at its end is left out.
/// Owner: one load.
class Substitution {
 public:
  explicit Substitution(const Environment& environment) : environment_(environment) {}

  /// A second place for credentials, after $CREDENTIALS_DIRECTORY.
  void set_credentials_dir(std::string dir) { credentials_dir_ = std::move(dir); }

  Expanded expand(std::string_view text) const;

 private:
  struct Place {
    std::string_view name;  // what faults call it; the path may itself be a substituted value
    std::string dir;
    FileRules rules;
  };

  std::vector<Place> credential_places() const;
  std::optional<std::string> look_up(std::string_view name, Expanded& out) const;
  std::optional<std::string> read_credential(std::string_view name, Expanded& out) const;

  const Environment& environment_;
  std::string credentials_dir_;
};

}  // namespace sidecar

#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace sidecar {

/// Who may have written, and who may read, a file that the configuration is made of.
struct FileRules {
  size_t bytes_max = 0;
  unsigned mode_forbidden = 0;  ///< permission bits that must not be set
};

/// The configuration itself: nobody but its owner's group may change it.
FileRules config_file_rules();
/// A key in systemd's credentials directory, where an ACL may show as group-readable.
FileRules service_credential_rules();
/// A key in a directory of the operator's own: 0600 or 0400.
FileRules own_credential_rules();

/// Reads a whole regular file that root or this process's user owns. Blocking.
/// Errors: kNotFound; kPermission (may not be read, wrong owner or mode); kLimit (too long);
/// kInvalid (no regular file); kSystem. The detail says what is wrong and what would be right, and
/// does not repeat the path.
Result<std::string> read_guarded_file(const std::string& path, const FileRules& rules);

}  // namespace sidecar

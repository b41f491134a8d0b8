#pragma once

#include <string>

namespace sidecar {

/// The status page as a browser gets it: one file, its style and script inside.
struct StatusPage {
  std::string html;
  /// Whole header lines: a content security policy that lets just this style and this script run,
  /// and just this server be asked.
  std::string headers;
};

/// `nonce`: of base64 characters, new for every answer, what the policy knows style and script by.
StatusPage status_page(const std::string& nonce);
/// 128 random bits.
std::string new_nonce();

}  // namespace sidecar

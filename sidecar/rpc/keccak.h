#pragma once

#include <string>
#include <string_view>

namespace sidecar {

/// The Keccak-256 of `bytes`, 32 bytes: what Ethereum hashes with. Not SHA3-256, whose padding
/// differs.
/// Source: The Keccak reference, version 3.0 (keccak.team); padding 0x01 as in the submission.
std::string keccak256(std::string_view bytes);

}  // namespace sidecar

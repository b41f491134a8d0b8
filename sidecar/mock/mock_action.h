#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace sidecar {

/// Something that a mock provider is to do once, now:
///   {"mine":{"count":1}}                          so many blocks or slots more
///   {"reorg":{"at":100,"salt":1}} or {"depth":3}  the blocks from there on, or so many, are others
///   {"close_sockets":{"code":1011}} or {"reset":true}
struct MockAction {
  enum class Kind { kMine, kReorg, kCloseSockets };

  static constexpr uint64_t kCountMax = 10'000;

  Kind kind = Kind::kMine;
  uint64_t count = 1;
  std::optional<uint64_t> at;
  uint64_t depth = 1;
  uint64_t salt = 1;
  std::optional<uint16_t> code;  ///< nullopt: reset
};

/// Nullopt for a text that names no action (it is about faults, or nothing). Errors: kInvalid,
/// naming the key.
Result<std::optional<MockAction>> parse_mock_action(std::string_view text);

}  // namespace sidecar

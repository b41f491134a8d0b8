#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sidecar {

/// What the events of an EVM chain say about their place in it. Views point into the text.

struct HeaderView {
  uint64_t number = 0;
  std::string_view hash;  ///< as it was written
  std::string_view parent_hash;
};
/// Of a header or a block. Nullopt when one of the three is not there, as in a pending block.
std::optional<HeaderView> header_view(std::string_view block);
/// A block (eth_getBlockBy*) as newHeads tells it: without what only whole blocks have
/// (transactions, uncles, withdrawals, size, totalDifficulty), all else byte for byte.
std::string header_of_block(std::string_view block);

struct LogView {
  uint64_t block_number = 0;
  std::string_view block_hash;
  uint64_t index = 0;  ///< in its block
  bool is_removed = false;
};
/// Nullopt for a pending log and for what is no log.
std::optional<LogView> log_view(std::string_view log);
/// The same log as it is told when its block is orphaned: `removed` is true.
std::string removed_log(std::string_view log);

/// The quoted hash, of a pending transaction as a bare string or as an object. Empty = none.
std::string_view pending_hash(std::string_view value);

}  // namespace sidecar

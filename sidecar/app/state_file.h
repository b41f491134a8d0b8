#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sidecar {

/// The file that outlives a restart: one line that says what it is, then JSON.
///
///   rpc-sidecar-state 1 crc32c=9ae0daaf bytes=5174\n{"saved_unix_ms":...}
/// Not: it does not know what stands in the JSON (warm_state.h) and writes no file
/// (net/file_writer.h). Limits: kStateBytesMax when it is read.
inline constexpr uint64_t kStateVersion = 1;
inline constexpr size_t kStateBytesMax = 1u << 20;

std::string seal_state(std::string_view json);
/// The JSON, as it was sealed. Errors: kInvalid with a phrase that says what is wrong with the
/// file: foreign, of another version, cut short, damaged.
Result<std::string> unseal_state(std::string_view bytes);
/// Reads and unseals. Errors: kNotFound when there is no such file, kSystem, and as above.
/// Requires: the loop does not run yet.
Result<std::string> read_state_file(const std::string& path);

/// CRC-32C (Castagnoli), as iSCSI and ext4 use it. Source: RFC 3720, appendix B.4.
uint32_t crc32c(std::string_view bytes);

}  // namespace sidecar

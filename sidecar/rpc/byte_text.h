#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sidecar {

/// Binary bytes as the texts that chains write them in. Bytes are kept in a std::string.

/// Amounts of wei need more than 64 bits.
__extension__ using Wide = unsigned __int128;

/// `0x` and two lower-case digits a byte.
std::string to_hex(std::string_view bytes);
/// Errors: nullopt without `0x`, for an odd count of digits and for what is no digit.
std::optional<std::string> from_hex(std::string_view text);

/// An Ethereum quantity: `0x` and no leading zeros.
std::string to_quantity(Wide number);
/// Errors: nullopt without `0x`, without digits, with a leading zero, above 64 bits.
std::optional<uint64_t> from_quantity(std::string_view text);

/// Big-endian and padded with zeros to `size` bytes. Requires: it fits.
std::string to_big_endian(Wide number, size_t size);
/// Errors: nullopt when the bytes stand for more than a Wide holds.
std::optional<Wide> from_big_endian(std::string_view bytes);
/// As binary formats on Solana have it.
std::string to_little_endian(uint64_t number, size_t size);
/// Requires: at most 8 bytes.
uint64_t from_little_endian(std::string_view bytes);

std::string to_base58(std::string_view bytes);
/// Errors: nullopt for what is no digit, and above 2,048 digits (the work grows with the square).
std::optional<std::string> from_base58(std::string_view text);

std::string to_base64(std::string_view bytes);
/// Errors: nullopt unless padded with `=` to whole groups of four.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace sidecar

#pragma once

/// RapidJSON's event reader as this folder uses it; private to .cc files, tests and benchmarks.
/// Its stack compares a null pointer with an offset against another null pointer before the first
/// push (fixed after the version that Debian 12 has). Nothing is read there, but clang's sanitizer
/// stops at it, so that one check is off inside the library.
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/reader.h>
#ifdef __clang__
#pragma clang attribute pop
#endif

namespace sidecar {

/// Iterative: a text a million levels deep must not end the stack. Validating: the reader takes any
/// bytes for UTF-8 otherwise. Numbers as strings: doubles lose what a provider wrote.
inline constexpr unsigned kRapidJsonFlags = rapidjson::kParseIterativeFlag |
                                            rapidjson::kParseValidateEncodingFlag |
                                            rapidjson::kParseNumbersAsStringsFlag;

}  // namespace sidecar

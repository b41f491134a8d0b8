#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sidecar {

/// The inner loops over string contents, 16 bytes at a time where the processor can. A file of its
/// own because the scanner and the compact writer stop at different bytes but go the same way.

/// Bytes that a JSON string holds as they are: printable ASCII without quote and backslash.
inline bool is_plain(char byte) {
  return static_cast<signed char>(byte) >= 0x20 && byte != '"' && byte != '\\';
}

/// Plain bytes that mean nothing to a reader who counts braces either. The range above `z` is
/// taken whole: one comparison, and the three other bytes in it are rare.
inline bool is_plain_no_brace(char byte) {
  return is_plain(byte) && byte <= 'z';
}

#ifdef __SSE2__
/// One bit for each of 16 bytes that is not plain. Bytes from 0x80 up are negative as signed
/// numbers, so one comparison finds them together with the control characters.
inline uint32_t special_bits(__m128i bytes) {
  const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  const __m128i outside = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  return static_cast<uint32_t>(
      _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, backslashes), outside)));
}

inline uint32_t brace_bits(__m128i bytes) {
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('z'))));
}

inline __m128i load16(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}
#endif

/// The first byte in [at, end) that is not plain, or end.
inline const char* skip_plain(const char* at, const char* end) {
#ifdef __SSE2__
  for (; end - at >= 16; at += 16) {
    const uint32_t stops = special_bits(load16(at));
    if (stops != 0) {
      return at + __builtin_ctz(stops);
    }
  }
#endif
  while (at != end && is_plain(*at)) {
    ++at;
  }
  return at;
}

/// The first byte in [at, end) that is not plain or may be a brace, or end.
inline const char* skip_plain_no_brace(const char* at, const char* end) {
#ifdef __SSE2__
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = load16(at);
    const uint32_t stops = special_bits(bytes) | brace_bits(bytes);
    if (stops != 0) {
      return at + __builtin_ctz(stops);
    }
  }
#endif
  while (at != end && is_plain_no_brace(*at)) {
    ++at;
  }
  return at;
}

}  // namespace sidecar

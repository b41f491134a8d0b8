#include "client/bytes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { kFirstCapacity = 256 };

int rpcs_bytes_append(rpcs_bytes* bytes, const void* from, size_t length) {
  if (length >= SIZE_MAX / 2 - bytes->length) {
    return 0;
  }
  const size_t needed = bytes->length + length + 1;
  if (needed > bytes->capacity) {
    size_t capacity = bytes->capacity < kFirstCapacity ? kFirstCapacity : bytes->capacity * 2;
    capacity = capacity < needed ? needed : capacity;
    char* at = realloc(bytes->at, capacity);
    if (at == NULL) {
      return 0;
    }
    bytes->at = at;
    bytes->capacity = capacity;
  }
  if (length > 0) {
    memcpy(bytes->at + bytes->length, from, length);
  }
  bytes->length += length;
  bytes->at[bytes->length] = '\0';
  return 1;
}

int rpcs_bytes_append_text(rpcs_bytes* bytes, const char* text) {
  return rpcs_bytes_append(bytes, text, strlen(text));
}

void rpcs_bytes_free(rpcs_bytes* bytes) {
  free(bytes->at);
  memset(bytes, 0, sizeof(*bytes));
}

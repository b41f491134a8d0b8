#ifndef RPCS_BYTES_H
#define RPCS_BYTES_H

#include <stddef.h>

/* A byte buffer that grows by doubling and always has a zero byte after its end.
 * Owner: whoever declares it, zeroed; rpcs_bytes_free in the end. */
typedef struct rpcs_bytes {
  char* at; /* null before the first append */
  size_t length;
  size_t capacity;
} rpcs_bytes;

/* 0: out of memory, and nothing changed; else 1. */
int rpcs_bytes_append(rpcs_bytes* bytes, const void* from, size_t length);
int rpcs_bytes_append_text(rpcs_bytes* bytes, const char* text);

void rpcs_bytes_free(rpcs_bytes* bytes);

#endif

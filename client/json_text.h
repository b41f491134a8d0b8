#ifndef RPCS_JSON_TEXT_H
#define RPCS_JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "client/bytes.h"

/* The little JSON the client itself writes (method names) and reads (WELCOME).
 * Not: no parser of params or results; strings are compared as written, escapes are not undone. */

/* Appends text as a JSON string with its quotes. 0: out of memory. */
int rpcs_append_json_string(rpcs_bytes* bytes, const char* text);

/* Appends value in decimal. 0: out of memory. */
int rpcs_append_number(rpcs_bytes* bytes, uint64_t value);

/* A place in a JSON text. The functions below move it on, or return 0 at a fault. */
typedef struct rpcs_json_cursor {
  const char* at;
  const char* end;
} rpcs_json_cursor;

/* At the first of `length` bytes; text may be NULL when there are none. */
rpcs_json_cursor rpcs_json_begin(const char* text, size_t length);

/* A span of the text: of a string, what is between the quotes. */
typedef struct rpcs_json_span {
  const char* at;
  size_t length;
} rpcs_json_span;

int rpcs_json_is(rpcs_json_span span, const char* text);

/* Takes the character if it comes next, after white space. */
int rpcs_json_take(rpcs_json_cursor* cursor, char expected);

int rpcs_json_string(rpcs_json_cursor* cursor, rpcs_json_span* text);

/* A whole number from 0 to 2^53. */
int rpcs_json_number(rpcs_json_cursor* cursor, uint64_t* value);

/* Skips any value, at most 32 levels deep. */
int rpcs_json_skip(rpcs_json_cursor* cursor);

/* Steps through an object whose `{` was taken: 1 and the key, the value coming next; 0 at its end
 * (*is_sound) or at a fault. is_first is 1 before the first step, and then kept here. */
int rpcs_json_next_member(rpcs_json_cursor* cursor, int* is_first, rpcs_json_span* key,
                          int* is_sound);

/* The same for an array whose `[` was taken. */
int rpcs_json_next_element(rpcs_json_cursor* cursor, int* is_first, int* is_sound);

#endif

#include "client/json_text.h"

#include <stdio.h>
#include <string.h>

enum { kDepthMax = 32 };

int rpcs_append_json_string(rpcs_bytes* bytes, const char* text) {
  if (!rpcs_bytes_append(bytes, "\"", 1)) {
    return 0;
  }
  while (*text != '\0') {
    size_t plain = 0;
    while ((unsigned char)text[plain] >= 0x20 && text[plain] != '"' && text[plain] != '\\') {
      ++plain;
    }
    if (!rpcs_bytes_append(bytes, text, plain)) {
      return 0;
    }
    text += plain;
    if (*text != '\0') {
      char escape[8];
      const unsigned char c = (unsigned char)*text++;
      if (c < 0x20) {
        (void)snprintf(escape, sizeof(escape), "\\u%04x", c);
      } else {
        (void)snprintf(escape, sizeof(escape), "\\%c", c);
      }
      if (!rpcs_bytes_append_text(bytes, escape)) {
        return 0;
      }
    }
  }
  return rpcs_bytes_append(bytes, "\"", 1);
}

int rpcs_append_number(rpcs_bytes* bytes, uint64_t value) {
  char digits[24];
  (void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
  return rpcs_bytes_append_text(bytes, digits);
}

int rpcs_json_is(rpcs_json_span span, const char* text) {
  return span.length == strlen(text) && memcmp(span.at, text, span.length) == 0;
}

rpcs_json_cursor rpcs_json_begin(const char* text, size_t length) {
  const char* begin = length > 0 ? text : "";
  const rpcs_json_cursor cursor = {begin, begin + length};
  return cursor;
}

static void skip_space(rpcs_json_cursor* cursor) {
  while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t' ||
                                      *cursor->at == '\n' || *cursor->at == '\r')) {
    ++cursor->at;
  }
}

int rpcs_json_take(rpcs_json_cursor* cursor, char expected) {
  skip_space(cursor);
  if (cursor->at == cursor->end || *cursor->at != expected) {
    return 0;
  }
  ++cursor->at;
  return 1;
}

int rpcs_json_string(rpcs_json_cursor* cursor, rpcs_json_span* text) {
  if (!rpcs_json_take(cursor, '"')) {
    return 0;
  }
  const char* begin = cursor->at;
  while (cursor->at < cursor->end && *cursor->at != '"') {
    cursor->at += *cursor->at == '\\' && cursor->end - cursor->at > 1 ? 2 : 1;
  }
  if (cursor->at >= cursor->end) {
    return 0;
  }
  text->at = begin;
  text->length = (size_t)(cursor->at - begin);
  ++cursor->at;
  return 1;
}

int rpcs_json_number(rpcs_json_cursor* cursor, uint64_t* value) {
  skip_space(cursor);
  uint64_t sum = 0;
  const char* begin = cursor->at;
  while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
    sum = sum * 10 + (uint64_t)(*cursor->at - '0');
    if (sum > (uint64_t)1 << 53) {
      return 0;
    }
    ++cursor->at;
  }
  *value = sum;
  const int is_whole = cursor->at == cursor->end || strchr(".eE", *cursor->at) == NULL;
  return cursor->at > begin && is_whole;
}

/* Numbers and words: anything up to the next mark or white space. */
static int skip_word(rpcs_json_cursor* cursor) {
  const char* begin = cursor->at;
  while (cursor->at < cursor->end && *cursor->at != '\0' &&
         strchr(",]}:{[\" \t\r\n", *cursor->at) == NULL) {
    ++cursor->at;
  }
  return cursor->at > begin;
}

int rpcs_json_next_element(rpcs_json_cursor* cursor, int* is_first, int* is_sound) {
  const int is_at_end = rpcs_json_take(cursor, ']');
  *is_sound = 1;
  if (is_at_end) {
    return 0;
  }
  *is_sound = *is_first || rpcs_json_take(cursor, ',');
  *is_first = 0;
  return *is_sound;
}

int rpcs_json_next_member(rpcs_json_cursor* cursor, int* is_first, rpcs_json_span* key,
                          int* is_sound) {
  *is_sound = 1;
  if (rpcs_json_take(cursor, '}')) {
    return 0;
  }
  *is_sound = (*is_first || rpcs_json_take(cursor, ',')) && rpcs_json_string(cursor, key) &&
              rpcs_json_take(cursor, ':');
  *is_first = 0;
  return *is_sound;
}

static int skip_value(rpcs_json_cursor* cursor, int depth) {
  rpcs_json_span span;
  int is_first = 1;
  int is_sound = 0;
  skip_space(cursor);
  if (depth == 0 || cursor->at == cursor->end) {
    return 0;
  }
  if (*cursor->at == '"') {
    return rpcs_json_string(cursor, &span);
  }
  if (rpcs_json_take(cursor, '{')) {
    while (rpcs_json_next_member(cursor, &is_first, &span, &is_sound)) {
      if (!skip_value(cursor, depth - 1)) {
        return 0;
      }
    }
    return is_sound;
  }
  if (rpcs_json_take(cursor, '[')) {
    while (rpcs_json_next_element(cursor, &is_first, &is_sound)) {
      if (!skip_value(cursor, depth - 1)) {
        return 0;
      }
    }
    return is_sound;
  }
  return skip_word(cursor);
}

int rpcs_json_skip(rpcs_json_cursor* cursor) {
  return skip_value(cursor, kDepthMax);
}

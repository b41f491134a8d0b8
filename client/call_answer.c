#include "client/call_answer.h"

#include "client/json_text.h"

/* Of the member `data`, whose value comes next. */
static int read_data(rpcs_json_cursor* cursor, int* is_shutdown, int* is_unsent) {
  rpcs_json_span key;
  rpcs_json_span text;
  int is_first = 1;
  int is_sound = rpcs_json_take(cursor, '{');
  while (is_sound && rpcs_json_next_member(cursor, &is_first, &key, &is_sound)) {
    if (rpcs_json_is(key, "name") || rpcs_json_is(key, "sent")) {
      is_sound = rpcs_json_string(cursor, &text);
      *is_shutdown |= is_sound && rpcs_json_is(key, "name") && rpcs_json_is(text, "SHUTTING_DOWN");
      *is_unsent |= is_sound && rpcs_json_is(key, "sent") && rpcs_json_is(text, "no");
    } else {
      is_sound = rpcs_json_skip(cursor);
    }
  }
  return is_sound;
}

int rpcs_is_turned_away(const char* payload, size_t length) {
  rpcs_json_cursor cursor = rpcs_json_begin(payload, length);
  rpcs_json_span key;
  int is_shutdown = 0;
  int is_unsent = 0;
  int is_first = 1;
  int is_sound = rpcs_json_take(&cursor, '{');
  while (is_sound && rpcs_json_next_member(&cursor, &is_first, &key, &is_sound)) {
    is_sound = rpcs_json_is(key, "data") ? read_data(&cursor, &is_shutdown, &is_unsent)
                                         : rpcs_json_skip(&cursor);
  }
  return is_sound && is_shutdown && is_unsent;
}

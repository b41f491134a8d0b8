#include "client/json_text.h"
#include "client/rpcsidecar.h"

/* Of the member `data`, whose value comes next. */
static int has_name(rpcs_json_cursor* cursor, const char* name) {
  rpcs_json_span key;
  rpcs_json_span text;
  int is_first = 1;
  int is_sound = rpcs_json_take(cursor, '{');
  while (is_sound && rpcs_json_next_member(cursor, &is_first, &key, &is_sound)) {
    if (rpcs_json_is(key, "name")) {
      return rpcs_json_string(cursor, &text) && rpcs_json_is(text, name);
    }
    is_sound = rpcs_json_skip(cursor);
  }
  return 0;
}

int rpcs_reply_has_error(const rpcs_reply* reply, const char* name) {
  if (reply == NULL || name == NULL || !reply->is_error) {
    return 0;
  }
  rpcs_json_cursor cursor = rpcs_json_begin(reply->bytes, reply->length);
  rpcs_json_span key;
  int is_first = 1;
  int is_sound = rpcs_json_take(&cursor, '{');
  while (is_sound && rpcs_json_next_member(&cursor, &is_first, &key, &is_sound)) {
    if (rpcs_json_is(key, "data")) {
      return has_name(&cursor, name);
    }
    is_sound = rpcs_json_skip(&cursor);
  }
  return 0;
}

#include "client/subscribe_answer.h"

#include "client/json_text.h"

int rpcs_read_position(const char* payload, size_t length, rpcs_event_head* at) {
  rpcs_json_cursor cursor = rpcs_json_begin(payload, length);
  rpcs_json_span key;
  uint64_t epoch = (uint64_t)UINT32_MAX + 1; /* neither has come */
  uint64_t seq = UINT64_MAX;
  int is_first = 1;
  int is_sound = rpcs_json_take(&cursor, '{');
  while (is_sound && rpcs_json_next_member(&cursor, &is_first, &key, &is_sound)) {
    if (rpcs_json_is(key, "epoch")) {
      is_sound = rpcs_json_number(&cursor, &epoch);
    } else if (rpcs_json_is(key, "seq")) {
      is_sound = rpcs_json_number(&cursor, &seq);
    } else {
      is_sound = rpcs_json_skip(&cursor);
    }
  }
  if (!is_sound || epoch > UINT32_MAX || seq == UINT64_MAX) {
    return 0;
  }
  at->epoch = (uint32_t)epoch;
  at->seq = seq;
  return 1;
}

/* Of the member `data`, whose value comes next; 0: it is no object. */
static int read_own_words(rpcs_json_cursor* cursor, rpcs_refusal* refusal) {
  rpcs_json_span key;
  rpcs_json_span name;
  int is_first = 1;
  int is_sound = rpcs_json_take(cursor, '{');
  while (is_sound && rpcs_json_next_member(cursor, &is_first, &key, &is_sound)) {
    if (rpcs_json_is(key, "name")) {
      is_sound = rpcs_json_string(cursor, &name);
      if (is_sound && rpcs_json_is(name, "SUB_GAP")) {
        *refusal = RPCS_REFUSAL_GAP;
      } else if (is_sound &&
                 (rpcs_json_is(name, "SUB_OVERFLOW") || rpcs_json_is(name, "SHUTTING_DOWN"))) {
        *refusal = RPCS_REFUSAL_AGAIN;
      }
    } else if (rpcs_json_is(key, "retryable")) {
      const int is_retryable = rpcs_json_take(cursor, 't'); /* the rest of true is a word too */
      if (is_retryable && *refusal == RPCS_REFUSAL_FINAL) {
        *refusal = RPCS_REFUSAL_AGAIN;
      }
      is_sound = rpcs_json_skip(cursor);
    } else {
      is_sound = rpcs_json_skip(cursor);
    }
  }
  return is_sound;
}

rpcs_refusal rpcs_read_refusal(const char* payload, size_t length) {
  rpcs_json_cursor cursor = rpcs_json_begin(payload, length);
  rpcs_json_span key;
  rpcs_refusal refusal = RPCS_REFUSAL_FINAL;
  int is_first = 1;
  int is_sound = rpcs_json_take(&cursor, '{');
  while (is_sound && rpcs_json_next_member(&cursor, &is_first, &key, &is_sound)) {
    is_sound =
        rpcs_json_is(key, "data") ? read_own_words(&cursor, &refusal) : rpcs_json_skip(&cursor);
  }
  return refusal;
}

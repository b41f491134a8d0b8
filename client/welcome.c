#include "client/welcome.h"

#include <stdlib.h>
#include <string.h>

#include "client/json_text.h"
#include "proto/frame.h"

void rpcs_welcome_free(rpcs_welcome* welcome) {
  for (size_t i = 0; i < welcome->chain_count; ++i) {
    free(welcome->chains[i].name);
  }
  free(welcome->chains);
  memset(welcome, 0, sizeof(*welcome));
}

int rpcs_welcome_find(const rpcs_welcome* welcome, const char* name, uint16_t* number) {
  *number = 0;
  if (name == NULL) {
    return 1;
  }
  for (size_t i = 0; i < welcome->chain_count; ++i) {
    if (strcmp(welcome->chains[i].name, name) == 0) {
      *number = welcome->chains[i].number;
      return 1;
    }
  }
  return 0;
}

static rpcs_status add_chain(rpcs_welcome* welcome, rpcs_json_span name, uint64_t number) {
  if (name.at == NULL || number == 0 || number > UINT16_MAX) {
    return RPCS_E_PROTOCOL;
  }
  if (welcome->chain_count == welcome->chain_capacity) {
    const size_t capacity = welcome->chain_capacity == 0 ? 8 : welcome->chain_capacity * 2;
    rpcs_chain* chains = realloc(welcome->chains, capacity * sizeof(rpcs_chain));
    if (chains == NULL) {
      return RPCS_E_NOMEM;
    }
    welcome->chains = chains;
    welcome->chain_capacity = capacity;
  }
  char* copy = strndup(name.at, name.length);
  if (copy == NULL) {
    return RPCS_E_NOMEM;
  }
  welcome->chains[welcome->chain_count].name = copy;
  welcome->chains[welcome->chain_count].number = (uint16_t)number;
  ++welcome->chain_count;
  return RPCS_OK;
}

static rpcs_status read_chain(rpcs_json_cursor* cursor, rpcs_welcome* welcome) {
  rpcs_json_span key;
  rpcs_json_span name = {NULL, 0};
  uint64_t number = 0;
  int is_first = 1;
  int is_sound = rpcs_json_take(cursor, '{');
  while (is_sound && rpcs_json_next_member(cursor, &is_first, &key, &is_sound)) {
    if (rpcs_json_is(key, "name")) {
      is_sound = rpcs_json_string(cursor, &name);
    } else if (rpcs_json_is(key, "number")) {
      is_sound = rpcs_json_number(cursor, &number);
    } else {
      is_sound = rpcs_json_skip(cursor);
    }
  }
  return is_sound ? add_chain(welcome, name, number) : RPCS_E_PROTOCOL;
}

static rpcs_status read_chains(rpcs_json_cursor* cursor, rpcs_welcome* welcome) {
  int is_first = 1;
  int is_sound = rpcs_json_take(cursor, '[');
  while (is_sound && rpcs_json_next_element(cursor, &is_first, &is_sound)) {
    const rpcs_status status = read_chain(cursor, welcome);
    if (status != RPCS_OK) {
      return status;
    }
  }
  return is_sound ? RPCS_OK : RPCS_E_PROTOCOL;
}

static rpcs_status read_limits(rpcs_json_cursor* cursor, rpcs_welcome* welcome) {
  rpcs_json_span key;
  int is_first = 1;
  int is_sound = rpcs_json_take(cursor, '{');
  while (is_sound && rpcs_json_next_member(cursor, &is_first, &key, &is_sound)) {
    if (rpcs_json_is(key, "frame_bytes_max")) {
      is_sound = rpcs_json_number(cursor, &welcome->frame_bytes_max);
    } else if (rpcs_json_is(key, "calls_in_flight_max")) {
      is_sound = rpcs_json_number(cursor, &welcome->calls_in_flight_max);
    } else {
      is_sound = rpcs_json_skip(cursor);
    }
  }
  return is_sound ? RPCS_OK : RPCS_E_PROTOCOL;
}

static rpcs_status read_members(rpcs_json_cursor* cursor, rpcs_welcome* welcome) {
  rpcs_json_span key;
  uint64_t version = 0;
  int is_first = 1;
  int is_sound = rpcs_json_take(cursor, '{');
  rpcs_status status = RPCS_OK;
  while (status == RPCS_OK && is_sound &&
         rpcs_json_next_member(cursor, &is_first, &key, &is_sound)) {
    if (rpcs_json_is(key, "version")) {
      is_sound = rpcs_json_number(cursor, &version);
    } else if (rpcs_json_is(key, "chains")) {
      status = read_chains(cursor, welcome);
    } else if (rpcs_json_is(key, "limits")) {
      status = read_limits(cursor, welcome);
    } else {
      is_sound = rpcs_json_skip(cursor);
    }
  }
  if (status == RPCS_OK && (!is_sound || version != RPCS_VERSION)) {
    return RPCS_E_PROTOCOL;
  }
  return status;
}

rpcs_status rpcs_welcome_read(rpcs_welcome* welcome, const char* payload, size_t length) {
  rpcs_welcome_free(welcome);
  rpcs_json_cursor cursor = rpcs_json_begin(payload, length);
  const rpcs_status status = read_members(&cursor, welcome);
  if (status != RPCS_OK) {
    rpcs_welcome_free(welcome);
  }
  return status;
}

#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/json_text.h"

/* What an older sidecar does not know it ignores. */
static int write_wishes(rpcs_bytes* payload, const rpcs_request* request) {
  if (request->provider != NULL && (!rpcs_bytes_append_text(payload, ",\"provider\":") ||
                                    !rpcs_append_json_string(payload, request->provider))) {
    return 0;
  }
  return request->explain == 0 || rpcs_bytes_append_text(payload, ",\"explain\":true");
}

/* {"method":"...","params":...,"deadline_ms":N,"provider":"...","explain":true} */
static int write_payload(rpcs_bytes* payload, const rpcs_request* request, uint32_t deadline_ms) {
  if (!rpcs_bytes_append_text(payload, "{\"method\":") ||
      !rpcs_append_json_string(payload, request->method)) {
    return 0;
  }
  if (request->params != NULL && (!rpcs_bytes_append_text(payload, ",\"params\":") ||
                                  !rpcs_bytes_append_text(payload, request->params))) {
    return 0;
  }
  return rpcs_bytes_append_text(payload, ",\"deadline_ms\":") &&
         rpcs_append_number(payload, deadline_ms) && write_wishes(payload, request) &&
         rpcs_bytes_append_text(payload, "}");
}

int rpcs_is_too_large(const rpcs_client* client, size_t payload_length) {
  const uint64_t limit = client->welcome.frame_bytes_max;
  return payload_length > RPCS_PAYLOAD_MAX || (limit != 0 && payload_length > limit);
}

static const char* chain_of(const rpcs_client* client, const rpcs_request* request) {
  return request->chain != NULL ? request->chain : client->options.chain;
}

/* All that can be said of a request before memory is set aside for it. */
static rpcs_status check_request(rpcs_client* client, const rpcs_request* request) {
  uint16_t number = 0;
  if (request == NULL || request->method == NULL || request->method[0] == '\0') {
    rpcs_note(client, "a call needs a method");
    return RPCS_E_INVALID;
  }
  if (request->params != NULL && request->params[0] == '\0') {
    rpcs_note(client, "params is empty: it must be JSON, or null for none");
    return RPCS_E_INVALID;
  }
  if (client->phase == RPCS_PHASE_READY &&
      !rpcs_welcome_find(&client->welcome, chain_of(client, request), &number)) {
    rpcs_note(client, "the sidecar has no chain %s", chain_of(client, request));
    return RPCS_E_INVALID;
  }
  if (client->calls.count >= client->options.calls_max) {
    rpcs_note(client, "calls_max (%u) are open", (unsigned)client->options.calls_max);
    return RPCS_E_LIMIT;
  }
  return RPCS_OK;
}

static rpcs_status make_frame(rpcs_client* client, const rpcs_request* request,
                              uint32_t deadline_ms, rpcs_out_frame** made) {
  rpcs_bytes payload = {NULL, 0, 0};
  rpcs_status status = RPCS_OK;
  *made = NULL;
  if (!write_payload(&payload, request, deadline_ms)) {
    status = RPCS_E_NOMEM;
  } else if (rpcs_is_too_large(client, payload.length)) {
    status = RPCS_E_TOO_LARGE;
    rpcs_note(client, "the call's %zu bytes exceed what the sidecar takes", payload.length);
  } else if (client->queued.bytes + client->kept_bytes + payload.length + RPCS_HEADER_BYTES >
             client->options.queue_bytes_max) {
    status = RPCS_E_LIMIT;
    rpcs_note(client, "queue_bytes_max (%zu) is met", client->options.queue_bytes_max);
  } else {
    const rpcs_frame header = {(uint32_t)payload.length, RPCS_CALL, 0, 0, client->last_id + 1};
    *made = rpcs_out_frame_new(&header, chain_of(client, request), payload.at);
    status = *made != NULL ? RPCS_OK : RPCS_E_NOMEM;
  }
  rpcs_bytes_free(&payload);
  return status;
}

static rpcs_open_call* make_call(rpcs_client* client, uint64_t id, int64_t deadline_at) {
  rpcs_open_call* call = calloc(1, sizeof(*call));
  if (call == NULL) {
    return NULL;
  }
  call->id = id;
  call->deadline_at = deadline_at;
  call->reply = calloc(1, sizeof(*call->reply));
  if (call->reply == NULL || !rpcs_call_table_add(&client->calls, call)) {
    rpcs_open_call_free(call);
    return NULL;
  }
  return call;
}

rpcs_status rpcs_call_begin(rpcs_client* client, const rpcs_request* request, rpcs_on_done on_done,
                            void* user, uint64_t* id) {
  rpcs_status status = check_request(client, request);
  if (status != RPCS_OK) {
    return status;
  }
  const uint32_t deadline_ms =
      request->deadline_ms != 0 ? request->deadline_ms : client->options.call_deadline_ms;
  rpcs_out_frame* frame = NULL;
  status = make_frame(client, request, deadline_ms, &frame);
  if (status != RPCS_OK) {
    return status;
  }
  rpcs_open_call* call = make_call(client, client->last_id + 1, rpcs_now() + deadline_ms);
  if (call == NULL) {
    free(frame);
    return RPCS_E_NOMEM;
  }
  call->may_resend = request->may_resend;
  call->on_done = on_done;
  call->user = user;
  call->frame = frame;
  frame->call_id = call->id;
  client->last_id = call->id;
  uint16_t number = 0;
  (void)rpcs_welcome_find(&client->welcome, frame->chain, &number);
  rpcs_out_frame_set_chain(frame, number); /* again after the next WELCOME, if that comes first */
  rpcs_out_queue_push(&client->queued, frame);
  if (id != NULL) {
    *id = call->id;
  }
  return RPCS_OK;
}

static void put_with_ended(rpcs_client* client, rpcs_open_call* call) {
  call->next = NULL;
  if (client->ended_last != NULL) {
    client->ended_last->next = call;
  } else {
    client->ended_first = call;
  }
  client->ended_last = call;
}

/* Whether the sidecar still works on a call that the client has done with. */
static int is_worth_cancel(const rpcs_client* client, const rpcs_open_call* call,
                           rpcs_status status) {
  return status != RPCS_OK && call->is_sent && client->fd >= 0;
}

static int is_kept(const rpcs_out_frame* frame) {
  return frame->sent == frame->length;
}

static void let_go(rpcs_client* client, rpcs_open_call* call) {
  rpcs_out_frame* frame = call->frame;
  call->frame = NULL;
  if (is_kept(frame)) {
    client->kept_bytes -= frame->length;
    free(frame);
  } else if (frame->sent == 0) {
    rpcs_out_queue_drop(&client->queued, frame);
  } else {
    frame->call_id = 0; /* begun frames must be finished, or the stream is out of step */
  }
}

void rpcs_call_end(rpcs_client* client, rpcs_open_call* call, rpcs_status status) {
  rpcs_call_table_remove(&client->calls, call);
  call->status = status;
  client->assembly_bytes -= call->answer.length;
  let_go(client, call);
  if (call->is_sent) {
    --client->sent_count;
  }
  if (is_worth_cancel(client, call, status)) {
    (void)rpcs_push_control(client, RPCS_CANCEL, call->id, NULL); /* without it: wasted work only */
  }
  if (status != RPCS_OK) {
    rpcs_bytes_free(&call->answer);
  }
  put_with_ended(client, call);
}

void rpcs_call_again(rpcs_client* client, rpcs_open_call* call) {
  call->is_sent = 0;
  --client->sent_count;
  client->assembly_bytes -= call->answer.length;
  call->answer.length = 0;
  if (is_kept(call->frame)) {
    client->kept_bytes -= call->frame->length;
    call->frame->sent = 0;
    rpcs_out_queue_push(&client->queued, call->frame);
  } else {
    call->frame->sent = 0;
  }
}

static void lose(rpcs_client* client, rpcs_open_call* call) {
  if (!call->is_sent) {
    return;
  }
  if (call->may_resend || !is_kept(call->frame)) {
    rpcs_call_again(client, call);
  } else {
    rpcs_call_end(client, call, RPCS_E_LOST);
  }
}

static void close_call(rpcs_client* client, rpcs_open_call* call) {
  rpcs_call_end(client, call, RPCS_E_CLOSED);
}

static void for_each(rpcs_client* client, void (*act)(rpcs_client*, rpcs_open_call*)) {
  for (size_t i = 0; i <= client->calls.bucket_mask; ++i) {
    rpcs_open_call* next = NULL;
    for (rpcs_open_call* call = client->calls.buckets[i]; call != NULL; call = next) {
      next = call->next;
      act(client, call);
    }
  }
}

void rpcs_calls_lost(rpcs_client* client) {
  if (client->sent_count > 0) {
    for_each(client, lose);
  }
}

void rpcs_calls_close(rpcs_client* client) {
  for_each(client, close_call);
}

/* Who could not even send says what kept it from sending. */
rpcs_status rpcs_status_when_late(const rpcs_client* client, int is_sent) {
  const int is_connected = client->phase == RPCS_PHASE_READY || client->phase == RPCS_PHASE_LEAVING;
  if (is_sent || is_connected || client->connect_status == RPCS_OK) {
    return RPCS_E_TIMEOUT;
  }
  return client->connect_status;
}

void rpcs_calls_end_late(rpcs_client* client, int64_t now) {
  rpcs_open_call* call = rpcs_call_table_earliest(&client->calls);
  while (call != NULL && call->deadline_at <= now) {
    const rpcs_status status = rpcs_status_when_late(client, call->is_sent);
    if (status == RPCS_E_TIMEOUT) {
      rpcs_note(client, "the deadline of call %llu passed", (unsigned long long)call->id);
    }
    rpcs_call_end(client, call, status);
    call = rpcs_call_table_earliest(&client->calls);
  }
}

void rpcs_calls_fit_queued(rpcs_client* client) {
  rpcs_out_frame* next = NULL;
  for (rpcs_out_frame* frame = client->queued.first; frame != NULL; frame = next) {
    next = frame->next;
    rpcs_open_call* call = rpcs_call_table_find(&client->calls, frame->call_id);
    uint16_t number = 0;
    if (!rpcs_welcome_find(&client->welcome, frame->chain, &number)) {
      rpcs_note(client, "the sidecar has no chain %s", frame->chain);
      rpcs_call_end(client, call, RPCS_E_INVALID);
    } else if (rpcs_is_too_large(client, frame->length - RPCS_HEADER_BYTES)) {
      rpcs_note(client, "a call exceeds what the sidecar takes");
      rpcs_call_end(client, call, RPCS_E_TOO_LARGE);
    } else {
      rpcs_out_frame_set_chain(frame, number);
    }
  }
}

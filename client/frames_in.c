#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "client/call_answer.h"
#include "client/client.h"

enum {
  kReadsMax = 16, /* of RPCS_READ_BYTES in a turn, so that output and timers get theirs */
  kControlBytesMax = 4 << 20,  /* a WELCOME with every chain number in use fits */
  kControlsQueuedMax = 1 << 16 /* bytes of PONG that a sidecar may leave unread */
};

/* Whether the frame ends or continues a call; else it concerns the connection. */
static int is_answer(const rpcs_frame* frame) {
  return frame->type == RPCS_RESULT || (frame->type == RPCS_ERROR && frame->id != 0);
}

static int is_refusal(const rpcs_client* client, const rpcs_frame* frame) {
  return frame->type == RPCS_ERROR && (frame->id == 0 || frame->id == client->hello_id);
}

/* Why a frame with this header cannot be; null when it can. */
static const char* fault_of(const rpcs_client* client, const rpcs_frame* frame) {
  const rpcs_open_call* call = rpcs_call_table_find(&client->calls, frame->id);
  const rpcs_subscription* subscription = rpcs_subscription_find(client, frame->id);
  switch ((rpcs_frame_type)frame->type) {
    case RPCS_RESULT:
    case RPCS_ERROR:
      if (call != NULL && !call->is_sent) {
        return "an answer to a call that was not sent";
      }
      return rpcs_subscription_fault_of(subscription, frame);
    case RPCS_EVENT:
      return rpcs_subscription_fault_of(subscription, frame);
    case RPCS_WELCOME:
      return client->phase != RPCS_PHASE_GREETING || frame->id != client->hello_id
                 ? "a WELCOME that was not asked for"
                 : NULL;
    case RPCS_PING:
    case RPCS_PONG:
      return frame->payload_length > RPCS_PING_BYTES_MAX ? "a PING that is too long" : NULL;
    case RPCS_GOAWAY:
      return NULL;
    case RPCS_HELLO:
    case RPCS_CALL:
    case RPCS_SUBSCRIBE:
    case RPCS_CANCEL:
    case RPCS_UNSUBSCRIBE:
      return "a frame that a sidecar does not send";
  }
  return "an unknown frame";
}

/* An error voids the parts of the result before it. */
static void void_parts(rpcs_client* client, uint64_t id) {
  rpcs_open_call* call = rpcs_call_table_find(&client->calls, id);
  rpcs_subscription* subscription = rpcs_subscription_find(client, id);
  if (call != NULL) {
    client->assembly_bytes -= call->answer.length;
    call->answer.length = 0;
  } else if (subscription != NULL) {
    subscription->answer.length = 0;
  }
}

static void on_header(rpcs_client* client) {
  const rpcs_frame* frame = &client->decoder.frame;
  const char* fault = fault_of(client, frame);
  if (fault != NULL) {
    rpcs_connection_refuse(client, fault);
    return;
  }
  client->control_payload.length = 0;
  client->event_payload.length = 0;
  if (frame->type == RPCS_ERROR) {
    void_parts(client, frame->id);
  }
}

static void on_answer_part(rpcs_client* client, const uint8_t* part, size_t length) {
  rpcs_open_call* call = rpcs_call_table_find(&client->calls, client->decoder.frame.id);
  if (call == NULL) { /* it has ended: late, cancelled or too large; or is none */
    rpcs_subscription_on_answer_part(rpcs_subscription_find(client, client->decoder.frame.id), part,
                                     length);
    return;
  }
  if (length > client->options.reply_bytes_max - call->answer.length) {
    rpcs_note(client, "an answer exceeds reply_bytes_max (%zu)", client->options.reply_bytes_max);
    rpcs_call_end(client, call, RPCS_E_TOO_LARGE);
  } else if (length > client->options.assembly_bytes_max - client->assembly_bytes) {
    rpcs_note(client, "assembly_bytes_max (%zu) is met", client->options.assembly_bytes_max);
    rpcs_call_end(client, call, RPCS_E_LIMIT);
  } else if (!rpcs_bytes_append(&call->answer, part, length)) {
    rpcs_note(client, "out of memory");
    rpcs_call_end(client, call, RPCS_E_NOMEM);
  } else {
    client->assembly_bytes += length;
  }
}

static void on_payload(rpcs_client* client, const uint8_t* part, size_t length) {
  if (is_answer(&client->decoder.frame) && !is_refusal(client, &client->decoder.frame)) {
    on_answer_part(client, part, length);
  } else if (client->decoder.frame.type == RPCS_EVENT) {
    rpcs_subscription_on_event_part(rpcs_subscription_find(client, client->decoder.frame.id),
                                    &client->decoder.frame, part, length);
  } else if (length > kControlBytesMax - client->control_payload.length) {
    rpcs_connection_refuse(client, "a frame about the connection that is too long");
  } else if (!rpcs_bytes_append(&client->control_payload, part, length)) {
    rpcs_note(client, "out of memory");
    rpcs_connection_lost(client, RPCS_E_NOMEM);
  }
}

static void on_answer_end(rpcs_client* client) {
  const rpcs_frame* frame = &client->decoder.frame;
  rpcs_open_call* call = rpcs_call_table_find(&client->calls, frame->id);
  client->tries = 0; /* this sidecar serves: the next reconnect may be prompt */
  if ((frame->flags & RPCS_FLAG_MORE) != 0) {
    return;
  }
  if (call == NULL) {
    rpcs_subscription_on_answer_end(rpcs_subscription_find(client, frame->id), frame);
    return;
  }
  if (!rpcs_bytes_append(&call->answer, "", 0)) { /* no payload at all: there must be an address */
    rpcs_call_end(client, call, RPCS_E_NOMEM);
    return;
  }
  if (frame->type == RPCS_ERROR && rpcs_is_turned_away(call->answer.at, call->answer.length)) {
    client->phase = RPCS_PHASE_LEAVING; /* its GOAWAY and our call met on the way */
    rpcs_call_again(client, call);
    return;
  }
  call->reply->is_error = frame->type == RPCS_ERROR;
  call->reply->bytes = call->answer.at;
  call->reply->length = call->answer.length;
  rpcs_call_end(client, call, RPCS_OK);
}

static void on_welcome(rpcs_client* client) {
  const rpcs_status status = rpcs_welcome_read(
      &client->welcome, client->control_payload.at != NULL ? client->control_payload.at : "",
      client->control_payload.length);
  if (status == RPCS_E_NOMEM) {
    rpcs_note(client, "out of memory");
    rpcs_connection_lost(client, status);
    return;
  }
  if (status != RPCS_OK) {
    rpcs_connection_refuse(client, "the greeting is of no known version");
    return;
  }
  client->phase = RPCS_PHASE_READY;
  client->connect_status = RPCS_OK;
  rpcs_calls_fit_queued(client);
}

static void on_ping(rpcs_client* client) {
  if (client->controls.bytes > kControlsQueuedMax) {
    rpcs_connection_refuse(client, "more PINGs than it reads answers");
    return;
  }
  (void)rpcs_push_control(client, RPCS_PONG, client->decoder.frame.id, &client->control_payload);
}

static void on_refusal(rpcs_client* client) {
  const rpcs_bytes* payload = &client->control_payload;
  char text[RPCS_ERROR_TEXT_BYTES / 2];
  const size_t length = payload->length < sizeof(text) ? payload->length : sizeof(text) - 1;
  if (length > 0) {
    memcpy(text, payload->at, length);
  }
  text[length] = '\0';
  rpcs_connection_refuse(client, text);
}

static void on_end(rpcs_client* client) {
  const rpcs_frame* frame = &client->decoder.frame;
  if (is_refusal(client, frame)) {
    on_refusal(client);
  } else if (is_answer(frame)) {
    on_answer_end(client);
  } else if (frame->type == RPCS_EVENT) {
    client->tries = 0;
    rpcs_subscription_on_event_end(rpcs_subscription_find(client, frame->id), frame);
  } else if (frame->type == RPCS_WELCOME) {
    on_welcome(client);
  } else if (frame->type == RPCS_PING) {
    on_ping(client);
  } else if (frame->type == RPCS_GOAWAY) {
    /* Before the greeting ended: no call is open here, so leaving is at once. */
    client->phase = RPCS_PHASE_LEAVING;
  }
}

/* Stops when a frame cost the connection. */
static void take_bytes(rpcs_client* client, const uint8_t* bytes, size_t length) {
  const uint8_t* part = NULL;
  size_t part_length = 0;
  rpcs_frame_status status = RPCS_FRAME_OK;
  while (client->phase != RPCS_PHASE_WAITING) {
    switch (rpcs_decoder_next(&client->decoder, &bytes, &length, &part, &part_length, &status)) {
      case RPCS_EVENT_NEED_MORE:
        return;
      case RPCS_EVENT_HEADER:
        on_header(client);
        break;
      case RPCS_EVENT_PAYLOAD:
        on_payload(client, part, part_length);
        break;
      case RPCS_EVENT_END:
        on_end(client);
        break;
      case RPCS_EVENT_BAD:
        rpcs_connection_refuse(client, rpcs_frame_status_text(status));
        break;
    }
  }
}

static void on_hang_up(rpcs_client* client, const char* text) {
  rpcs_note(client, "%s: %s", client->options.socket_path, text);
  rpcs_connection_lost(client, RPCS_E_LOST);
}

void rpcs_read_arrived(rpcs_client* client, int is_last) {
  int reads = 0;
  while (client->phase != RPCS_PHASE_WAITING && reads < kReadsMax) {
    const ssize_t got = recv(client->fd, client->read_buffer, RPCS_READ_BYTES, MSG_DONTWAIT);
    if (got > 0) {
      ++reads;
      rpcs_connection_heard(client, rpcs_now());
      take_bytes(client, client->read_buffer, (size_t)got);
      if (got < RPCS_READ_BYTES && !is_last) {
        return; /* surely all for now: spares a call that would say so */
      }
    } else if (got == 0) {
      on_hang_up(client, "the sidecar closed the connection");
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != EINTR) {
      on_hang_up(client, strerror(errno));
    }
  }
}

#include <string.h>

#include "client/client.h"
#include "client/subscribe_answer.h"

enum { kAnswerBytesMax = 1 << 20 /* of a RESULT or ERROR: a position, or a provider's error */ };

static const char kTooLarge[] = "{\"reason\":\"too_large\"}";

const char* rpcs_subscription_fault_of(const rpcs_subscription* subscription,
                                       const rpcs_frame* frame) {
  if (frame->type == RPCS_EVENT && frame->payload_length < RPCS_EVENT_HEAD_BYTES) {
    return "an EVENT without its head";
  }
  if (subscription == NULL) {
    return NULL; /* it may have just ended */
  }
  const int is_asked = subscription->state == RPCS_SUBSCRIPTION_ASKED;
  if (frame->type == RPCS_EVENT && is_asked) {
    return "an EVENT before its subscription stands";
  }
  if (frame->type == RPCS_RESULT && !is_asked) {
    return "a second answer to SUBSCRIBE";
  }
  return NULL;
}

static void end_without_memory(rpcs_subscription* subscription) {
  rpcs_note(subscription->client, "out of memory");
  rpcs_subscription_again(subscription);
}

void rpcs_subscription_on_answer_part(rpcs_subscription* subscription, const uint8_t* part,
                                      size_t length) {
  if (subscription == NULL) {
    return;
  }
  if (length > kAnswerBytesMax - subscription->answer.length) {
    rpcs_note(subscription->client, "an answer to SUBSCRIBE exceeds %d bytes", kAnswerBytesMax);
    rpcs_subscription_end(subscription, RPCS_E_TOO_LARGE);
  } else if (!rpcs_bytes_append(&subscription->answer, part, length)) {
    end_without_memory(subscription);
  }
}

static void on_result(rpcs_subscription* subscription) {
  rpcs_event_head at = {0, 0};
  const rpcs_bytes* answer = &subscription->answer;
  if (answer->length == 0 || !rpcs_read_position(answer->at, answer->length, &at)) {
    rpcs_note(subscription->client, "the answer to SUBSCRIBE is no position");
    rpcs_subscription_end(subscription, RPCS_E_PROTOCOL);
    return;
  }
  /* In the epoch that is known, what was received is known better than what is offered. */
  if (!subscription->has_been_live || at.epoch != subscription->at.epoch) {
    subscription->at = at;
  }
  rpcs_bytes_free(&subscription->answer);
  rpcs_bytes_free(&subscription->error);
  rpcs_subscription_stands(subscription);
}

static void on_error(rpcs_subscription* subscription) {
  rpcs_bytes_free(&subscription->error);
  subscription->error = subscription->answer;
  memset(&subscription->answer, 0, sizeof(subscription->answer));
  rpcs_subscription_forgotten(subscription);
  const rpcs_bytes* error = &subscription->error;
  const char* text = error->at != NULL ? error->at : "";
  rpcs_note(subscription->client, "%s", text);
  switch (rpcs_read_refusal(text, error->length)) {
    case RPCS_REFUSAL_FINAL:
      rpcs_subscription_end(subscription, RPCS_E_REFUSED);
      break;
    case RPCS_REFUSAL_GAP:
      rpcs_subscription_end(subscription, RPCS_E_GAP);
      break;
    case RPCS_REFUSAL_AGAIN:
      rpcs_subscription_again(subscription);
      break;
  }
}

void rpcs_subscription_on_answer_end(rpcs_subscription* subscription, const rpcs_frame* frame) {
  if (subscription == NULL) {
    return;
  }
  if (frame->type == RPCS_ERROR) {
    on_error(subscription);
  } else {
    on_result(subscription);
  }
}

static int is_too_large(const rpcs_subscription* subscription, const rpcs_frame* frame) {
  return frame->payload_length > subscription->client->options.reply_bytes_max;
}

void rpcs_subscription_on_event_part(rpcs_subscription* subscription, const rpcs_frame* frame,
                                     const uint8_t* part, size_t length) {
  if (subscription == NULL) {
    return;
  }
  rpcs_bytes* payload = &subscription->client->event_payload;
  if (is_too_large(subscription, frame)) {
    const size_t head_left =
        payload->length < RPCS_EVENT_HEAD_BYTES ? RPCS_EVENT_HEAD_BYTES - payload->length : 0;
    length = length < head_left ? length : head_left;
  }
  if (!rpcs_bytes_append(payload, part, length)) {
    end_without_memory(subscription); /* it comes again, replayed */
  }
}

/* 0: the event must not be taken, for the subscription has ended over it. */
static int make_room(rpcs_subscription* subscription, size_t needed) {
  const rpcs_subscribe_request* request = &subscription->request;
  rpcs_event_queue* queue = &subscription->queue;
  if (request->on_event != NULL) {
    return 1; /* it is given out as soon as this step ends */
  }
  while (queue->first != NULL && (queue->count >= request->queue_events_max ||
                                  queue->bytes + needed > request->queue_bytes_max)) {
    if (request->continuity == RPCS_CONTINUITY_STRICT) {
      rpcs_note(subscription->client, "events came faster than they were taken");
      rpcs_subscription_end(subscription, RPCS_E_GAP);
      return 0;
    }
    rpcs_event_queue_drop(queue);
  }
  if (request->continuity == RPCS_CONTINUITY_LATEST) {
    queue->dropped_count = 0;
  }
  return 1;
}

/* The payload of a gap instead of the event that is left out. 0: the subscription has ended, or
 * begins again. */
static int put_gap(rpcs_subscription* subscription, rpcs_bytes* payload) {
  rpcs_note(subscription->client, "an event exceeds reply_bytes_max (%zu)",
            subscription->client->options.reply_bytes_max);
  if (subscription->request.continuity == RPCS_CONTINUITY_STRICT) {
    rpcs_subscription_end(subscription, RPCS_E_GAP);
    return 0;
  }
  if (!rpcs_bytes_append_text(payload, kTooLarge)) {
    end_without_memory(subscription);
    return 0;
  }
  return 1;
}

void rpcs_subscription_on_event_end(rpcs_subscription* subscription, const rpcs_frame* frame) {
  if (subscription == NULL || subscription->state != RPCS_SUBSCRIPTION_LIVE) {
    return;
  }
  rpcs_bytes* payload = &subscription->client->event_payload;
  uint8_t flags = frame->flags;
  rpcs_event_head head;
  rpcs_decode_event_head((const uint8_t*)payload->at, &head);
  const int is_new = head.epoch != subscription->at.epoch || head.seq > subscription->at.seq;
  if (is_new || (flags & RPCS_FLAG_GAP) != 0) {
    if (is_too_large(subscription, frame)) {
      flags |= RPCS_FLAG_GAP;
      if (!put_gap(subscription, payload)) {
        return;
      }
    }
    if (!make_room(subscription, rpcs_queued_event_bytes(payload))) {
      return;
    }
    rpcs_queued_event* event = rpcs_queued_event_new(payload, flags);
    if (event == NULL) {
      end_without_memory(subscription);
      return;
    }
    rpcs_event_queue_push(&subscription->queue, event);
    subscription->at = is_new ? head : subscription->at;
    rpcs_subscription_make_due(subscription);
  }
  if ((flags & RPCS_FLAG_LAST) != 0) {
    rpcs_subscription_forgotten(subscription);
    rpcs_subscription_end(subscription, RPCS_E_ENDED);
  }
}

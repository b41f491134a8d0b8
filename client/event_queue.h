#ifndef RPCS_EVENT_QUEUE_H
#define RPCS_EVENT_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "client/bytes.h"
#include "client/rpcsidecar.h"
#include "proto/frame.h"

/* An event that was received and not given to the caller yet. */
typedef struct rpcs_queued_event {
  struct rpcs_queued_event* next;
  rpcs_event_view view; /* its bytes are in payload */
  rpcs_bytes payload;   /* of the EVENT, head and all */
} rpcs_queued_event;

/* The events of one subscription, in their order, and word of those that had no room.
 * Not: it does not know what a subscription does about them.
 * Owner: of the events in it. */
typedef struct rpcs_event_queue {
  rpcs_queued_event* first;
  rpcs_queued_event* last;
  size_t count;
  size_t bytes;           /* of memory, not of payload only */
  uint64_t dropped_count; /* since the last gap was told */
  rpcs_event_head dropped_at;
} rpcs_event_queue;

/* Null: out of memory, and *payload is untouched; else it is empty. The payload holds the head. */
rpcs_queued_event* rpcs_queued_event_new(rpcs_bytes* payload, uint8_t flags);
/* What an event with this payload takes of the queue's bytes. */
size_t rpcs_queued_event_bytes(const rpcs_bytes* payload);
/* May be null. */
void rpcs_queued_event_free(rpcs_queued_event* event);

void rpcs_event_queue_push(rpcs_event_queue* queue, rpcs_queued_event* event);
/* The first one is the caller's. Requires: there is one. */
rpcs_queued_event* rpcs_event_queue_pop(rpcs_event_queue* queue);
/* Drops the first one and counts it. Requires: there is one. */
void rpcs_event_queue_drop(rpcs_event_queue* queue);
void rpcs_event_queue_clear(rpcs_event_queue* queue);

#endif

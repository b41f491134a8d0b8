#include "client/event_queue.h"

#include <stdlib.h>
#include <string.h>

rpcs_queued_event* rpcs_queued_event_new(rpcs_bytes* payload, uint8_t flags) {
  rpcs_queued_event* event = calloc(1, sizeof(*event));
  if (event == NULL) {
    return NULL;
  }
  rpcs_event_head head;
  rpcs_decode_event_head((const uint8_t*)payload->at, &head);
  event->payload = *payload;
  memset(payload, 0, sizeof(*payload));
  event->view.epoch = head.epoch;
  event->view.seq = head.seq;
  event->view.kind = (flags & RPCS_FLAG_GAP) != 0        ? RPCS_KIND_GAP
                     : (flags & RPCS_FLAG_REPLAYED) != 0 ? RPCS_KIND_REPLAYED
                                                         : RPCS_KIND_LIVE;
  event->view.is_last = (flags & RPCS_FLAG_LAST) != 0;
  event->view.bytes = event->payload.at + RPCS_EVENT_HEAD_BYTES;
  event->view.length = event->payload.length - RPCS_EVENT_HEAD_BYTES;
  return event;
}

size_t rpcs_queued_event_bytes(const rpcs_bytes* payload) {
  return sizeof(rpcs_queued_event) + payload->capacity;
}

void rpcs_queued_event_free(rpcs_queued_event* event) {
  if (event != NULL) {
    rpcs_bytes_free(&event->payload);
    free(event);
  }
}

void rpcs_event_queue_push(rpcs_event_queue* queue, rpcs_queued_event* event) {
  if (queue->last != NULL) {
    queue->last->next = event;
  } else {
    queue->first = event;
  }
  queue->last = event;
  ++queue->count;
  queue->bytes += rpcs_queued_event_bytes(&event->payload);
}

rpcs_queued_event* rpcs_event_queue_pop(rpcs_event_queue* queue) {
  rpcs_queued_event* event = queue->first;
  queue->first = event->next;
  if (queue->first == NULL) {
    queue->last = NULL;
  }
  event->next = NULL;
  --queue->count;
  queue->bytes -= rpcs_queued_event_bytes(&event->payload);
  return event;
}

void rpcs_event_queue_drop(rpcs_event_queue* queue) {
  rpcs_queued_event* event = rpcs_event_queue_pop(queue);
  ++queue->dropped_count;
  queue->dropped_at.epoch = event->view.epoch;
  queue->dropped_at.seq = event->view.seq;
  rpcs_queued_event_free(event);
}

void rpcs_event_queue_clear(rpcs_event_queue* queue) {
  while (queue->first != NULL) {
    rpcs_queued_event_free(rpcs_event_queue_pop(queue));
  }
  queue->dropped_count = 0;
}

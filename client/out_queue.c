#include "client/out_queue.h"

#include <stdlib.h>
#include <string.h>

enum { kChainOffset = 6 }; /* of the chain number in the header */

rpcs_out_frame* rpcs_out_frame_new(const rpcs_frame* frame, const char* chain,
                                   const void* payload) {
  const size_t length = RPCS_HEADER_BYTES + (size_t)frame->payload_length;
  const size_t chain_bytes = chain != NULL ? strlen(chain) + 1 : 0;
  rpcs_out_frame* made = malloc(sizeof(*made) + length + chain_bytes);
  if (made == NULL) {
    return NULL;
  }
  memset(made, 0, sizeof(*made));
  made->length = length;
  rpcs_encode_header(frame, made->bytes);
  if (frame->payload_length > 0) {
    memcpy(made->bytes + RPCS_HEADER_BYTES, payload, frame->payload_length);
  }
  if (chain != NULL) {
    memcpy(made->bytes + length, chain, chain_bytes);
    made->chain = (const char*)(made->bytes + length);
  }
  return made;
}

void rpcs_out_frame_set_chain(rpcs_out_frame* frame, uint16_t number) {
  frame->bytes[kChainOffset] = (uint8_t)(number >> 8);
  frame->bytes[kChainOffset + 1] = (uint8_t)number;
}

void rpcs_out_queue_push(rpcs_out_queue* queue, rpcs_out_frame* frame) {
  frame->next = NULL;
  frame->previous = queue->last;
  if (queue->last != NULL) {
    queue->last->next = frame;
  } else {
    queue->first = frame;
  }
  queue->last = frame;
  queue->bytes += frame->length;
}

void rpcs_out_queue_take(rpcs_out_queue* queue, rpcs_out_frame* frame) {
  if (frame->previous != NULL) {
    frame->previous->next = frame->next;
  } else {
    queue->first = frame->next;
  }
  if (frame->next != NULL) {
    frame->next->previous = frame->previous;
  } else {
    queue->last = frame->previous;
  }
  queue->bytes -= frame->length;
}

void rpcs_out_queue_drop(rpcs_out_queue* queue, rpcs_out_frame* frame) {
  rpcs_out_queue_take(queue, frame);
  free(frame);
}

void rpcs_out_queue_clear(rpcs_out_queue* queue) {
  rpcs_out_frame* next = NULL;
  for (rpcs_out_frame* frame = queue->first; frame != NULL; frame = next) {
    next = frame->next;
    free(frame);
  }
  memset(queue, 0, sizeof(*queue));
}

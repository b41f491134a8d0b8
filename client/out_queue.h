#ifndef RPCS_OUT_QUEUE_H
#define RPCS_OUT_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/frame.h"

/* A frame on its way out. */
typedef struct rpcs_out_frame {
  struct rpcs_out_frame* next;
  struct rpcs_out_frame* previous;
  uint64_t call_id;  /* 0: no open call cares for it */
  const char* chain; /* by name, inside this very block; null: chain 0 */
  size_t length;
  size_t sent;
  uint8_t bytes[]; /* header and payload */
} rpcs_out_frame;

/* Frames in the order in which they are to leave.
 * Not: it does not send, and does not limit; bytes says how much it holds.
 * Owner: of the frames in it. */
typedef struct rpcs_out_queue {
  rpcs_out_frame* first;
  rpcs_out_frame* last;
  size_t bytes;
} rpcs_out_queue;

/* Null: out of memory. chain may be null, payload too when frame->payload_length is 0. */
rpcs_out_frame* rpcs_out_frame_new(const rpcs_frame* frame, const char* chain, const void* payload);

void rpcs_out_frame_set_chain(rpcs_out_frame* frame, uint16_t number);

void rpcs_out_queue_push(rpcs_out_queue* queue, rpcs_out_frame* frame);
/* Requires: the frame is in this queue. It is the caller's from now on. */
void rpcs_out_queue_take(rpcs_out_queue* queue, rpcs_out_frame* frame);
/* Requires: the frame is in this queue. Frees it. */
void rpcs_out_queue_drop(rpcs_out_queue* queue, rpcs_out_frame* frame);
void rpcs_out_queue_clear(rpcs_out_queue* queue);

#endif

#ifndef RPCS_CALL_TABLE_H
#define RPCS_CALL_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "client/bytes.h"
#include "client/rpcsidecar.h"

struct rpcs_out_frame;

/* A call that was submitted and whose on_done has not run yet.
 * Owner: the table while open, then the client's list of ended calls. */
typedef struct rpcs_open_call {
  uint64_t id;
  int64_t deadline_at; /* monotonic ms */
  rpcs_on_done on_done;
  void* user;
  struct rpcs_out_frame* frame; /* in the queue until all of it was sent, then kept by the call */
  int may_resend;               /* it may be sent again after the sidecar has had it */
  int is_sent;                  /* some byte of it has left */
  rpcs_bytes answer;            /* the parts so far */
  rpcs_reply* reply;            /* set aside at submit, so that an answer needs no more memory */
  rpcs_status status;           /* once ended */
  struct rpcs_open_call* next;  /* in its bucket, or in the list of ended calls */
  size_t heap_at;
} rpcs_open_call;

/* The open calls, found by id and by earliest deadline.
 * Limits: calls_max.  Errors: out of memory as 0. */
typedef struct rpcs_call_table {
  rpcs_open_call** buckets;
  size_t bucket_mask;
  rpcs_open_call** heap; /* a binary heap on deadline_at */
  size_t heap_capacity;
  size_t count;
} rpcs_call_table;

int rpcs_call_table_init(rpcs_call_table* table, uint32_t calls_max);
/* Requires: no call is left. */
void rpcs_call_table_free(rpcs_call_table* table);

int rpcs_call_table_add(rpcs_call_table* table, rpcs_open_call* call);
/* Requires: the call is in the table. */
void rpcs_call_table_remove(rpcs_call_table* table, rpcs_open_call* call);

rpcs_open_call* rpcs_call_table_find(const rpcs_call_table* table, uint64_t id);
/* Null when empty. */
rpcs_open_call* rpcs_call_table_earliest(const rpcs_call_table* table);

/* Frees the call with its answer and reply, not its frame. May be null. */
void rpcs_open_call_free(rpcs_open_call* call);

#endif

#ifndef RPCS_CLIENT_H
#define RPCS_CLIENT_H

/* One handle, and the steps that its files share.
 *
 *   client.c      the API, the waiting
 *      │ calls                                 ▲ on_done
 *   calls.c       a call's begin and end ──────┘
 *      │ frames queued            ▲ ended
 *   frames_out.c  ──▶ socket ──▶ frames_in.c
 *      └────── connection.c: opens, loses, opens again ──────┘
 *
 * Nothing here waits; callbacks run in client.c only, when the steps are done. */

#include <sys/types.h>

#include "client/call_table.h"
#include "client/out_queue.h"
#include "client/rpcsidecar.h"
#include "client/welcome.h"
#include "proto/frame.h"

/* WAITING -> GREETING -> READY -> LEAVING -> WAITING; a lost connection: any -> WAITING. */
typedef enum rpcs_phase {
  RPCS_PHASE_WAITING,  /* no socket; to connect at phase_until */
  RPCS_PHASE_GREETING, /* HELLO sent; WELCOME must come before phase_until */
  RPCS_PHASE_READY,
  RPCS_PHASE_LEAVING /* the sidecar said GOAWAY: open calls end here, new ones wait */
} rpcs_phase;

enum { RPCS_READ_BYTES = 64 * 1024, RPCS_ERROR_TEXT_BYTES = 256 };

struct rpcs_client {
  rpcs_options options; /* owned */
  pid_t pid;

  int fd;
  rpcs_phase phase;
  int64_t phase_until;
  uint32_t tries;             /* connections since the last answer; sets the next wait */
  rpcs_status connect_status; /* why the last try failed; RPCS_OK when it did not */
  uint64_t random;            /* state of the jitter */

  rpcs_welcome welcome;
  uint64_t hello_id;
  uint64_t last_id;

  rpcs_call_table calls;
  uint32_t sent_count;         /* open calls of which some byte left */
  size_t assembly_bytes;       /* of all their answers so far */
  rpcs_open_call* ended_first; /* their on_done is due */
  rpcs_open_call* ended_last;
  int callback_depth;
  int is_closing;

  rpcs_out_queue controls; /* leave before calls, and end with the connection */
  rpcs_out_queue queued;   /* calls; all but the first are wholly unsent */

  rpcs_decoder decoder;
  rpcs_bytes control_payload; /* of an arriving frame that concerns the connection */
  uint8_t* read_buffer;       /* RPCS_READ_BYTES */

  char error_text[RPCS_ERROR_TEXT_BYTES];
};

/* Monotonic ms. */
int64_t rpcs_now(void);

void rpcs_note(rpcs_client* client, const char* format, ...) __attribute__((format(printf, 2, 3)));

/* calls.c */

rpcs_status rpcs_call_begin(rpcs_client* client, const rpcs_request* request, rpcs_on_done on_done,
                            void* user, uint64_t* id);
/* Moves the call to the ended ones; tells the sidecar when it may still be working on it. */
void rpcs_call_end(rpcs_client* client, rpcs_open_call* call, rpcs_status status);
/* Ends the calls of which some byte left. */
void rpcs_calls_end_sent(rpcs_client* client, rpcs_status status);
void rpcs_calls_end_all(rpcs_client* client, rpcs_status status);
void rpcs_calls_end_late(rpcs_client* client, int64_t now);
/* After WELCOME: numbers the chains of queued calls, ends those that this sidecar cannot take. */
void rpcs_calls_fit_queued(rpcs_client* client);

/* frames_out.c */

/* 0: out of memory. */
int rpcs_push_control(rpcs_client* client, rpcs_frame_type type, uint64_t id,
                      const rpcs_bytes* payload);
int rpcs_has_output(const rpcs_client* client);
void rpcs_flush(rpcs_client* client);

/* frames_in.c */

/* Takes what has arrived, up to a fair amount; with is_last all that a closed socket can hold. */
void rpcs_read_arrived(rpcs_client* client, int is_last);

/* connection.c */

/* Requires: RPCS_PHASE_WAITING. */
void rpcs_connection_try(rpcs_client* client, int64_t now);
/* The connection is of no more use: sent calls end with status. The caller has noted why. */
void rpcs_connection_lost(rpcs_client* client, rpcs_status status);
/* Notes the text and loses the connection with RPCS_E_PROTOCOL. */
void rpcs_connection_refuse(rpcs_client* client, const char* text);
/* In RPCS_PHASE_LEAVING, when all that was sent has ended: goes. */
void rpcs_connection_leave(rpcs_client* client);
/* Phase timers that are due. */
void rpcs_connection_timers(rpcs_client* client, int64_t now);
/* Closes the socket, if there is one; on_closing is told unless is_silent. */
void rpcs_connection_close(rpcs_client* client, int is_silent);

#endif

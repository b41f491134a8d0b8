#ifndef RPCS_CLIENT_H
#define RPCS_CLIENT_H

/* One handle, and the steps that its files share.
 *
 *   client.c, subscribe.c      the API, the waiting
 *      │ calls, subscriptions                  ▲ on_done, on_event, on_end
 *   calls.c, subscriptions.c   begin and end ──┘
 *      │ frames queued                   ▲ answers, events
 *   frames_out.c  ──▶ socket ──▶ frames_in.c
 *      └────── connection.c: opens, loses, opens again ──────┘
 *
 * Nothing here waits; callbacks run in client.c only, when the steps are done. */

#include <sys/types.h>

#include "client/call_table.h"
#include "client/out_queue.h"
#include "client/rpcsidecar.h"
#include "client/subscription.h"
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

  rpcs_subscriptions subscriptions;
  rpcs_bytes refusal; /* for rpcs_last_refusal */

  rpcs_out_queue controls; /* leave before all else, and end with the connection */
  rpcs_out_queue asks;     /* SUBSCRIBE and UNSUBSCRIBE: leave before calls, and end likewise */
  rpcs_out_queue queued;   /* calls; all but the first are wholly unsent */
  size_t kept_bytes;       /* of calls that were sent and have no answer */

  int64_t ping_at;    /* if nothing is heard before, and there are subscriptions */
  uint32_t ping_sent; /* since something was heard */

  rpcs_decoder decoder;
  rpcs_bytes control_payload; /* of an arriving frame that concerns the connection */
  rpcs_bytes event_payload;   /* of an arriving EVENT; of one that is too large only the head */
  uint8_t* read_buffer;       /* RPCS_READ_BYTES */

  char error_text[RPCS_ERROR_TEXT_BYTES];
};

/* Monotonic ms. */
int64_t rpcs_now(void);

void rpcs_note(rpcs_client* client, const char* format, ...) __attribute__((format(printf, 2, 3)));

/* client.c */

/* RPCS_OK, or why no function may be used on the client, which may be null. */
rpcs_status rpcs_usable(const rpcs_client* client);
/* Does what can be done without waiting, but for callbacks. */
void rpcs_step(rpcs_client* client, int ready);
/* Callbacks last, when no step is half done. They may submit, cancel, unsubscribe and close. */
void rpcs_run_callbacks(rpcs_client* client);
/* Waits for the socket or the next timer, at most until then. */
void rpcs_wait_until(rpcs_client* client, int64_t until);
/* What a callback closed goes now. */
void rpcs_destroy(rpcs_client* client);

/* calls.c */

int rpcs_is_too_large(const rpcs_client* client, size_t payload_length);
/* What one who waits hears when the time is up and nothing came of it. */
rpcs_status rpcs_status_when_late(const rpcs_client* client, int is_sent);

rpcs_status rpcs_call_begin(rpcs_client* client, const rpcs_request* request, rpcs_on_done on_done,
                            void* user, uint64_t* id);
/* Moves the call to the ended ones; tells the sidecar when it may still be working on it. */
void rpcs_call_end(rpcs_client* client, rpcs_open_call* call, rpcs_status status);
/* Puts a call that was sent, or begun, back into the queue. */
void rpcs_call_again(rpcs_client* client, rpcs_open_call* call);
/* The connection is gone: calls that it had begun to carry are put back when nobody can have acted
 * on them, or may_resend; the others end with RPCS_E_LOST. */
void rpcs_calls_lost(rpcs_client* client);
/* Ends all with RPCS_E_CLOSED. */
void rpcs_calls_close(rpcs_client* client);
void rpcs_calls_end_late(rpcs_client* client, int64_t now);
/* After WELCOME: numbers the chains of queued calls, ends those that this sidecar cannot take. */
void rpcs_calls_fit_queued(rpcs_client* client);

/* subscriptions.c */

/* The client owns it until rpcs_subscription_free. */
rpcs_status rpcs_subscription_begin(rpcs_client* client, const rpcs_subscribe_request* request,
                                    rpcs_subscription** made);
/* What was received before is still told. The sidecar is told if it thinks otherwise. */
void rpcs_subscription_end(rpcs_subscription* subscription, rpcs_status status);
/* It may well come to be: it is asked for again after a while. */
void rpcs_subscription_again(rpcs_subscription* subscription);
/* RESULT came: nobody waits for a first answer any more. */
void rpcs_subscription_stands(rpcs_subscription* subscription);
/* The sidecar has forgotten its id. */
void rpcs_subscription_forgotten(rpcs_subscription* subscription);
/* Ends it in silence and frees it. */
void rpcs_subscription_free(rpcs_subscription* subscription);
/* Its callbacks have something to hear, if it has any. */
void rpcs_subscription_make_due(rpcs_subscription* subscription);
/* Null: none is due. It is not due any more then. */
rpcs_subscription* rpcs_subscriptions_take_due(rpcs_client* client);
/* Null: no subscription of this connection has that id. */
rpcs_subscription* rpcs_subscription_find(const rpcs_client* client, uint64_t id);
/* The connection is gone. */
void rpcs_subscriptions_lost(rpcs_client* client);
/* Ends all with RPCS_E_CLOSED; what was received is dropped. */
void rpcs_subscriptions_close(rpcs_client* client);
/* Asks for those that are to be asked for, ends those whose first answer is late. */
void rpcs_subscriptions_turn(rpcs_client* client, int64_t now);
/* When rpcs_subscriptions_turn is to run; INT64_MAX: no timer is set. */
int64_t rpcs_subscriptions_until(const rpcs_client* client);

/* subscription_frames.c */

/* Why a RESULT, an ERROR or an EVENT cannot be; null when it can. */
const char* rpcs_subscription_fault_of(const rpcs_subscription* subscription,
                                       const rpcs_frame* frame);
void rpcs_subscription_on_answer_part(rpcs_subscription* subscription, const uint8_t* part,
                                      size_t length);
void rpcs_subscription_on_answer_end(rpcs_subscription* subscription, const rpcs_frame* frame);
void rpcs_subscription_on_event_part(rpcs_subscription* subscription, const rpcs_frame* frame,
                                     const uint8_t* part, size_t length);
void rpcs_subscription_on_event_end(rpcs_subscription* subscription, const rpcs_frame* frame);

/* frames_out.c */

/* Queues SUBSCRIBE or UNSUBSCRIBE. 0: out of memory. */
int rpcs_push_ask(rpcs_client* client, const rpcs_frame* header, const rpcs_bytes* payload);
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
/* Something came from the sidecar, or the silence before does not count. */
void rpcs_connection_heard(rpcs_client* client, int64_t now);
/* While there are subscriptions: asks a silent sidecar whether it is there, and at last leaves it.
 * To run after what has arrived was read. */
void rpcs_connection_keepalive(rpcs_client* client, int64_t now);
/* When rpcs_connection_keepalive is to run; INT64_MAX: it has nothing to watch. */
int64_t rpcs_connection_keepalive_until(const rpcs_client* client);
/* Full jitter: a time from 0 to a bound that doubles with every try. */
int64_t rpcs_random_wait(rpcs_client* client, uint32_t tries);
/* Closes the socket, if there is one; on_closing is told unless is_silent. */
void rpcs_connection_close(rpcs_client* client, int is_silent);

#endif

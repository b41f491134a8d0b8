#ifndef RPCSIDECAR_H
#define RPCSIDECAR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* librpcsidecar: JSON-RPC calls and subscriptions through the rpc-sidecar of this host.
 * Not: it neither reads nor checks params, results and events: all are JSON text, passed as they
 *   are.
 * Shape: rpcs_connect -> rpcs_call ... -> rpcs_close, or in a loop of yours: rpcs_submit, then
 *   poll rpcs_fd for rpcs_wants during at most rpcs_timeout_ms, then rpcs_process.
 *   rpcs_subscribe -> rpcs_next_event ... -> rpcs_unsubscribe, or with on_event in a loop of yours.
 * Units: milliseconds, bytes; text is UTF-8 and ends in a zero byte.
 * Threads: a handle is used by one thread at a time; different handles are independent. There is
 *   no state but the handles', and no signal is raised or handled.
 * Fork: a handle belongs to the process that connected it. In a child every function on it gives
 *   RPCS_E_FORKED (rpcs_fd and rpcs_timeout_ms -1), but rpcs_close, which frees the child's copy
 *   and leaves the parent's connection as it is.
 * Restart: when the connection ends the handle connects again by itself, waiting a random time
 *   that grows from try to try. Calls that had not left as a whole, or were turned away by a
 *   sidecar that was going down, are sent again within their deadlines, and so are those with
 *   may_resend; the others end with RPCS_E_LOST, since the sidecar may have passed them on.
 *   Subscriptions go on after the last event received; what the sidecar has kept since is made up
 *   for, and a gap tells of the rest. While there are any, a connection that is silent for three
 *   times keepalive_ms, PINGs notwithstanding, is given up. */

#if defined(__GNUC__)
#define RPCS_API __attribute__((visibility("default")))
#else
#define RPCS_API
#endif

typedef enum rpcs_status {
  RPCS_OK = 0,
  RPCS_E_DISABLED = 1,   /* USE_SIDECAR says no: take your own way to the provider */
  RPCS_E_NO_SIDECAR = 2, /* nobody listens on the socket; a call was surely not sent */
  RPCS_E_TIMEOUT = 3,    /* the deadline passed; a call may have been sent */
  RPCS_E_LOST = 4,       /* the connection ended after the call was sent, before its answer */
  RPCS_E_CLOSED = 5,     /* the handle was closed, or the call cancelled */
  RPCS_E_PROTOCOL = 6,   /* the other end speaks no protocol of ours, or refused the connection */
  RPCS_E_TOO_LARGE = 7, /* the call exceeds what the sidecar takes, or the answer reply_bytes_max */
  RPCS_E_LIMIT = 8,     /* calls_max, subscriptions_max or a limit of bytes is met */
  RPCS_E_NOMEM = 9,
  RPCS_E_INVALID = 10, /* an argument is wrong, or the sidecar has no such chain */
  RPCS_E_FORKED = 11,  /* the handle is another process's */
  RPCS_E_REFUSED = 12, /* the sidecar refused the subscription, or ended it: rpcs_last_refusal */
  RPCS_E_GAP = 13,     /* events were missed, and the subscription is RPCS_CONTINUITY_STRICT */
  RPCS_E_ENDED = 14    /* the subscription has ended by itself, with its last event */
} rpcs_status;

typedef struct rpcs_client rpcs_client;

/* Zero or null means the default. Copied by rpcs_connect.
 * Limits are the caller's guard of its own memory; over them a call ends with RPCS_E_LIMIT. */
typedef struct rpcs_options {
  const char* socket_path; /* default: RPC_SIDECAR_SOCKET, else /run/rpc.sock; at most 107 bytes */
  const char* client_name; /* told to the sidecar, which counts by it; null: by user */
  const char* chain;       /* of calls that name none; default: the one of the method's family */
  uint32_t connect_timeout_ms;    /* of one connect with its greeting: 5000 */
  uint32_t call_deadline_ms;      /* of calls that name none: 30000 */
  uint32_t reconnect_wait_ms;     /* bound of the first random wait, doubled each time: 50 */
  uint32_t reconnect_wait_ms_max; /* 2000 */
  uint32_t calls_max;             /* submitted and not ended: 1024; at most 2^20 */
  size_t queue_bytes_max;         /* of calls without an answer: 64 MiB */
  size_t reply_bytes_max;         /* of one answer: 256 MiB */
  size_t assembly_bytes_max;      /* of all answers that are half here: 512 MiB */
  int connect_later; /* not 0: rpcs_connect does not wait, nor fail when nobody listens */
  /* Called just before the library closes a socket, so that a loop can forget it. May be null.
   * Must not use the client. */
  void (*on_closing)(void* user, int fd);
  void* on_closing_user;
  char* error_text; /* may be null: error_size bytes where rpcs_connect writes why it failed */
  size_t error_size;
  uint32_t subscriptions_max; /* 1024; at most 2^20 */
  uint32_t keepalive_ms;      /* silence before a PING, while there are subscriptions: 10000 */
  void* reserved[7];          /* zero */
} rpcs_options;

/* One call. Zero or null means the default. Copied by rpcs_submit. */
typedef struct rpcs_request {
  const char* method;
  const char* params;   /* a JSON array or object, sent as it is; null: none */
  const char* chain;    /* by name; null: rpcs_options.chain */
  uint32_t deadline_ms; /* from now until the end of the call; told to the sidecar as well */
  const char* provider; /* by its configured name: no other may answer; null: any */
  int explain;          /* not 0: the result is a JSON object that tells how the call went */
  int may_resend;       /* not 0: it changes nothing, so it may be made again when the connection
                           was lost after it was sent */
  void* reserved[2];    /* zero */
} rpcs_request;

/* The sidecar's answer. A member may be added at the end: never allocate or copy one. */
typedef struct rpcs_reply {
  int is_error; /* 0: bytes are the result; else the JSON-RPC error object */
  const char* bytes;
  size_t length; /* without the zero byte after bytes[length - 1] */
} rpcs_reply;

/* Sets every member to zero. */
RPCS_API void rpcs_options_init(rpcs_options* options);

/* Connects and waits for the greeting. options may be null. On failure *client is null.
 * RPCS_E_DISABLED: the environment has USE_SIDECAR=false, 0, no or off. */
RPCS_API rpcs_status rpcs_connect(const rpcs_options* options, rpcs_client** client);

/* Ends open calls and subscriptions with RPCS_E_CLOSED, and frees the latter. Inside a callback it
 * takes effect when the function that runs the callback ends: rpcs_process then gives
 * RPCS_E_CLOSED. client may be null. */
RPCS_API void rpcs_close(rpcs_client* client);

/* Waits for the answer, until the deadline. RPCS_OK also when the answer is an error: see
 * reply->is_error. On RPCS_OK *reply is the caller's, for rpcs_reply_free; else it is null.
 * Callbacks of submitted calls may run meanwhile. Not inside a callback (RPCS_E_INVALID). */
RPCS_API rpcs_status rpcs_call(rpcs_client* client, const char* method, const char* params,
                               uint32_t deadline_ms, rpcs_reply** reply);
RPCS_API rpcs_status rpcs_call_on(rpcs_client* client, const rpcs_request* request,
                                  rpcs_reply** reply);

/* reply may be null. */
RPCS_API void rpcs_reply_free(rpcs_reply* reply);

/* Not 0 when it is the sidecar's own error of this name (proto/PROTOCOL.md): "POLICY_DENIED" when
 * this worker may not make the call, "CLIENT_LIMIT" when it has made too many. */
RPCS_API int rpcs_reply_has_error(const rpcs_reply* reply, const char* name);

/* Runs once for every submitted call, from a function that waits, rpcs_process or rpcs_close; never
 * from rpcs_submit or rpcs_cancel. reply is the receiver's, for rpcs_reply_free; null unless
 * RPCS_OK. */
typedef void (*rpcs_on_done)(void* user, uint64_t id, rpcs_status status, rpcs_reply* reply);

/* Queues a call; rpcs_process sends it. id may be null. On failure on_done never runs. */
RPCS_API rpcs_status rpcs_submit(rpcs_client* client, const rpcs_request* request,
                                 rpcs_on_done on_done, void* user, uint64_t* id);

/* Ends an open call with RPCS_E_CLOSED. RPCS_E_INVALID: no such call is open. */
RPCS_API rpcs_status rpcs_cancel(rpcs_client* client, uint64_t id);

typedef struct rpcs_subscription rpcs_subscription;

/* How a subscription takes trouble. */
typedef enum rpcs_continuity {
  RPCS_CONTINUITY_EVERY = 0,  /* every event, and a gap for what could not be had */
  RPCS_CONTINUITY_LATEST = 1, /* who reads slowly gets the newest event only */
  RPCS_CONTINUITY_STRICT = 2  /* a gap ends it, with RPCS_E_GAP */
} rpcs_continuity;

typedef enum rpcs_event_kind {
  RPCS_KIND_LIVE = 0,
  RPCS_KIND_REPLAYED = 1, /* late: of a stretch that was missed at first, or of an absence */
  RPCS_KIND_GAP = 2       /* no event: bytes are {"reason":"..."}, which says why some are missing.
                             Of the client's own making: "queue_overflow" and "too_large" */
} rpcs_event_kind;

/* One event. A member may be added at the end: never allocate or copy one. */
typedef struct rpcs_event_view {
  uint32_t epoch; /* with seq: its name, the same for all subscribers of the same thing */
  uint64_t seq;   /* grows with each event of an epoch */
  rpcs_event_kind kind;
  int is_last;       /* not 0: the subscription ends by itself with this one */
  const char* bytes; /* what a notification has as params.result */
  size_t length;     /* without the zero byte after bytes[length - 1] */
} rpcs_event_view;

/* Runs for each event, where callbacks run. event is valid during the callback. */
typedef void (*rpcs_on_event)(void* user, const rpcs_event_view* event);

/* Runs once, when no event follows; not after rpcs_unsubscribe. error is the sidecar's JSON-RPC
 * error object, or "". The subscription is still to be given to rpcs_unsubscribe, but for
 * RPCS_E_CLOSED: then rpcs_close frees it. */
typedef void (*rpcs_on_end)(void* user, rpcs_status status, const char* error);

/* Zero or null means the default. Copied by rpcs_subscribe. */
typedef struct rpcs_subscribe_request {
  const char* method; /* eth_subscribe, accountSubscribe */
  const char* params; /* a JSON array, sent as it is; null: none */
  const char* chain;  /* by name; null: rpcs_options.chain */
  rpcs_continuity continuity;
  uint32_t timeout_ms;       /* until the first answer: rpcs_options.call_deadline_ms */
  int subscribe_later;       /* not 0: rpcs_subscribe does not wait; a refusal comes as an end */
  rpcs_on_event on_event;    /* null: events wait for rpcs_next_event */
  rpcs_on_end on_end;        /* may be null; with on_event only */
  void* user;                /* of both */
  uint32_t queue_events_max; /* waiting for rpcs_next_event: 1024, with ..._LATEST 1 */
  size_t queue_bytes_max;    /* likewise: 16 MiB; the newest event is kept whatever its size */
  void* reserved[4];         /* zero */
} rpcs_subscribe_request;

/* Subscribes, and waits for the answer. What can be tried again is, until the timeout: no sidecar,
 * no provider. RPCS_E_REFUSED: rpcs_last_refusal says why. On failure *subscription is null and
 * no callback runs for it. Inside a callback only with subscribe_later (else RPCS_E_INVALID). */
RPCS_API rpcs_status rpcs_subscribe(rpcs_client* client, const rpcs_subscribe_request* request,
                                    rpcs_subscription** subscription);

/* Waits for the next event, -1: for ever, 0: not at all. RPCS_E_TIMEOUT: none came. Any other
 * status is how the subscription ended; events that were received come first. *event is valid
 * until the next use of the subscription. When more wait than the queue takes, the oldest are
 * dropped and a gap tells it; under ..._STRICT the new ones are, and it ends; under ..._LATEST no
 * gap is told. Not inside a callback, nor with on_event (RPCS_E_INVALID). */
RPCS_API rpcs_status rpcs_next_event(rpcs_subscription* subscription, int timeout_ms,
                                     const rpcs_event_view** event);

/* Ends the subscription, if it has not ended, and frees it. May be called in its own callbacks.
 * subscription may be null. */
RPCS_API rpcs_status rpcs_unsubscribe(rpcs_subscription* subscription);

/* The JSON-RPC error object with which the sidecar refused or ended the subscription that the last
 * function on the client told of, or "". Valid until the next use of the client. */
RPCS_API const char* rpcs_last_refusal(const rpcs_client* client);

enum { RPCS_READ = 1, RPCS_WRITE = 2 };

/* The socket now, or -1 between connections. It may change in rpcs_process and whatever waits. */
RPCS_API int rpcs_fd(const rpcs_client* client);

/* What to wait for on rpcs_fd: RPCS_READ and RPCS_WRITE, level-triggered. */
RPCS_API int rpcs_wants(const rpcs_client* client);

/* Call rpcs_process at the latest after this time; -1: no timer is set. */
RPCS_API int rpcs_timeout_ms(const rpcs_client* client);

/* Does what can be done without waiting: ready is what rpcs_fd is ready for, or 0 when a timer
 * was due. Runs callbacks. RPCS_OK while the handle is of use, whatever the connection does;
 * RPCS_E_CLOSED: a callback closed it, and it is gone. */
RPCS_API rpcs_status rpcs_process(rpcs_client* client, int ready);

/* A sentence for people about the last thing that went wrong, or "". Valid until the next use of
 * the client. A provider's error is no such thing. */
RPCS_API const char* rpcs_last_error(const rpcs_client* client);

/* A few words for people; never null. */
RPCS_API const char* rpcs_status_text(rpcs_status status);

#ifdef __cplusplus
}
#endif

#endif

#ifndef RPCS_SUBSCRIPTION_H
#define RPCS_SUBSCRIPTION_H

/* One subscription, over all the connections that it lives through.
 *
 *   WAITING ──SUBSCRIBE──▶ ASKED ──RESULT──▶ LIVE ──LAST, refusal──▶ ENDED
 *      ▲                    │ │                │
 *      └── connection lost, error that may pass ┘
 *
 * A SUBSCRIBE that is not the first says `resume` with the last event received, so what comes after
 * follows what came before. Events wait in the queue until a function that runs callbacks, or
 * rpcs_next_event, gives them out; the end is told after the last of them. */

#include "client/event_queue.h"
#include "client/rpcsidecar.h"

typedef enum rpcs_subscription_state {
  RPCS_SUBSCRIPTION_WAITING, /* to be asked for once connected, not before ask_at */
  RPCS_SUBSCRIPTION_ASKED,
  RPCS_SUBSCRIPTION_LIVE,
  RPCS_SUBSCRIPTION_ENDED
} rpcs_subscription_state;

struct rpcs_subscription {
  rpcs_client* client;
  rpcs_subscription* previous; /* of all, in no order */
  rpcs_subscription* next;
  rpcs_subscription* bucket_next; /* those with the same hash of id */
  rpcs_subscription* due_next;    /* those with something to tell their callbacks */

  rpcs_subscribe_request request; /* its texts are null: they are in wish and chain */
  rpcs_bytes wish;                /* the payload of SUBSCRIBE up to `resume` */
  char* chain;                    /* may be null */

  rpcs_subscription_state state;
  uint64_t id; /* of the SUBSCRIBE; 0 when WAITING or ENDED */
  int64_t ask_at;
  int64_t answer_until; /* of the first answer; INT64_MAX once it came */
  uint32_t tries;       /* refusals since the last RESULT; sets the next wait */
  rpcs_bytes answer;    /* RESULT or ERROR, so far */

  int has_been_live;
  rpcs_event_head at; /* the last event received */
  rpcs_event_queue queue;
  rpcs_queued_event* given; /* to the caller of rpcs_next_event */
  rpcs_event_view gap;      /* likewise, when it is one of our own */
  char gap_text[96];

  rpcs_status status; /* once ENDED */
  rpcs_bytes error;   /* the sidecar's last error object, if it has sent one */
  int is_held;        /* rpcs_subscribe has not returned: no callback yet */
  int is_due;
  int is_end_told;
  int is_in_callback;
  int is_dropped; /* unsubscribed in its own callback, which frees it when it is back */
};

/* All of a client.
 * Limits: subscriptions_max.  Owner: of the subscriptions in it, until rpcs_unsubscribe. */
typedef struct rpcs_subscriptions {
  rpcs_subscription* first;
  rpcs_subscription** buckets; /* by id; null before the first one */
  rpcs_subscription* due_first;
  rpcs_subscription* due_last;
  size_t count;
  size_t open_count;      /* those not ENDED */
  size_t unsettled_count; /* those WAITING or ASKED */
} rpcs_subscriptions;

#endif

#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/json_text.h"

enum {
  kBuckets = 256,
  kQueueEventsMax = 65536, /* more than one step reads: who reads on never overflows */
  kQueueBytesMax = 16 << 20
};

static int is_open(const rpcs_subscription* subscription) {
  return subscription->state != RPCS_SUBSCRIPTION_ENDED;
}

static int is_unsettled(const rpcs_subscription* subscription) {
  return is_open(subscription) && subscription->state != RPCS_SUBSCRIPTION_LIVE;
}

static void set_state(rpcs_subscription* subscription, rpcs_subscription_state state) {
  rpcs_subscriptions* all = &subscription->client->subscriptions;
  all->open_count -= is_open(subscription) ? 1 : 0;
  all->unsettled_count -= is_unsettled(subscription) ? 1 : 0;
  subscription->state = state;
  all->open_count += is_open(subscription) ? 1 : 0;
  all->unsettled_count += is_unsettled(subscription) ? 1 : 0;
}

static rpcs_subscription** bucket_of(const rpcs_client* client, uint64_t id) {
  return &client->subscriptions.buckets[id % kBuckets];
}

rpcs_subscription* rpcs_subscription_find(const rpcs_client* client, uint64_t id) {
  if (client->subscriptions.buckets == NULL) {
    return NULL;
  }
  rpcs_subscription* subscription = *bucket_of(client, id);
  while (subscription != NULL && subscription->id != id) {
    subscription = subscription->bucket_next;
  }
  return subscription;
}

static void set_id(rpcs_subscription* subscription, uint64_t id) {
  rpcs_subscription** bucket = bucket_of(subscription->client, id);
  subscription->id = id;
  subscription->bucket_next = *bucket;
  *bucket = subscription;
}

void rpcs_subscription_forgotten(rpcs_subscription* subscription) {
  if (subscription->id == 0) {
    return;
  }
  rpcs_subscription** link = bucket_of(subscription->client, subscription->id);
  while (*link != subscription) {
    link = &(*link)->bucket_next;
  }
  *link = subscription->bucket_next;
  subscription->bucket_next = NULL;
  subscription->id = 0;
  subscription->answer.length = 0;
}

/* Gives up its id, and tells the sidecar. */
static void leave(rpcs_subscription* subscription) {
  rpcs_client* client = subscription->client;
  if (subscription->id != 0 && client->fd >= 0) {
    const rpcs_frame header = {0, RPCS_UNSUBSCRIBE, 0, 0, subscription->id};
    (void)rpcs_push_ask(client, &header, NULL); /* without it: events that nobody takes */
  }
  rpcs_subscription_forgotten(subscription);
}

void rpcs_subscription_stands(rpcs_subscription* subscription) {
  set_state(subscription, RPCS_SUBSCRIPTION_LIVE);
  subscription->answer_until = INT64_MAX;
  subscription->tries = 0;
  subscription->has_been_live = 1;
}

void rpcs_subscription_again(rpcs_subscription* subscription) {
  rpcs_client* client = subscription->client;
  leave(subscription);
  set_state(subscription, RPCS_SUBSCRIPTION_WAITING);
  subscription->ask_at = rpcs_now() + rpcs_random_wait(client, subscription->tries++);
}

void rpcs_subscription_end(rpcs_subscription* subscription, rpcs_status status) {
  leave(subscription);
  set_state(subscription, RPCS_SUBSCRIPTION_ENDED);
  subscription->status = status;
  rpcs_subscription_make_due(subscription);
}

void rpcs_subscription_make_due(rpcs_subscription* subscription) {
  rpcs_subscriptions* all = &subscription->client->subscriptions;
  const int has_news = subscription->queue.first != NULL || !is_open(subscription);
  if (subscription->request.on_event == NULL || subscription->is_held || subscription->is_due ||
      !has_news) {
    return;
  }
  subscription->is_due = 1;
  subscription->due_next = NULL;
  if (all->due_last != NULL) {
    all->due_last->due_next = subscription;
  } else {
    all->due_first = subscription;
  }
  all->due_last = subscription;
}

rpcs_subscription* rpcs_subscriptions_take_due(rpcs_client* client) {
  rpcs_subscriptions* all = &client->subscriptions;
  rpcs_subscription* subscription = all->due_first;
  if (subscription != NULL) {
    all->due_first = subscription->due_next;
    all->due_last = all->due_first != NULL ? all->due_last : NULL;
    subscription->due_next = NULL;
    subscription->is_due = 0;
  }
  return subscription;
}

/* Takes it out of the middle of those that are due. */
static void make_undue(rpcs_subscription* subscription) {
  rpcs_subscriptions* all = &subscription->client->subscriptions;
  rpcs_subscription* before = NULL;
  rpcs_subscription* at = all->due_first;
  while (at != NULL && at != subscription) {
    before = at;
    at = at->due_next;
  }
  if (at == NULL) {
    return;
  }
  if (before != NULL) {
    before->due_next = at->due_next;
  } else {
    all->due_first = at->due_next;
  }
  all->due_last = all->due_last == at ? before : all->due_last;
}

static void free_parts(rpcs_subscription* subscription) {
  rpcs_event_queue_clear(&subscription->queue);
  rpcs_queued_event_free(subscription->given);
  rpcs_bytes_free(&subscription->wish);
  rpcs_bytes_free(&subscription->answer);
  rpcs_bytes_free(&subscription->error);
  free(subscription->chain);
  free(subscription);
}

void rpcs_subscription_free(rpcs_subscription* subscription) {
  rpcs_subscriptions* all = &subscription->client->subscriptions;
  leave(subscription);
  set_state(subscription, RPCS_SUBSCRIPTION_ENDED);
  if (subscription->is_due) {
    make_undue(subscription);
  }
  if (subscription->previous != NULL) {
    subscription->previous->next = subscription->next;
  } else {
    all->first = subscription->next;
  }
  if (subscription->next != NULL) {
    subscription->next->previous = subscription->previous;
  }
  --all->count;
  free_parts(subscription);
}

/* {"method":"...","params":[...],"continuity":"..." - what is the same in every SUBSCRIBE. */
static int write_wish(rpcs_bytes* wish, const rpcs_subscribe_request* request) {
  static const char* const kContinuity[] = {"", ",\"continuity\":\"latest\"",
                                            ",\"continuity\":\"strict\""};
  return rpcs_bytes_append_text(wish, "{\"method\":") &&
         rpcs_append_json_string(wish, request->method) &&
         (request->params == NULL || (rpcs_bytes_append_text(wish, ",\"params\":") &&
                                      rpcs_bytes_append_text(wish, request->params))) &&
         rpcs_bytes_append_text(wish, kContinuity[request->continuity]);
}

static int write_payload(rpcs_bytes* payload, const rpcs_subscription* subscription) {
  if (!rpcs_bytes_append(payload, subscription->wish.at, subscription->wish.length)) {
    return 0;
  }
  if (subscription->has_been_live && (!rpcs_bytes_append_text(payload, ",\"resume\":{\"epoch\":") ||
                                      !rpcs_append_number(payload, subscription->at.epoch) ||
                                      !rpcs_bytes_append_text(payload, ",\"seq\":") ||
                                      !rpcs_append_number(payload, subscription->at.seq) ||
                                      !rpcs_bytes_append_text(payload, "}"))) {
    return 0;
  }
  return rpcs_bytes_append_text(payload, "}");
}

/* Requires: WAITING and RPCS_PHASE_READY. */
static void ask(rpcs_subscription* subscription) {
  rpcs_client* client = subscription->client;
  uint16_t number = 0;
  if (!rpcs_welcome_find(&client->welcome, subscription->chain, &number)) {
    rpcs_note(client, "the sidecar has no chain %s", subscription->chain);
    rpcs_subscription_end(subscription, RPCS_E_INVALID);
    return;
  }
  rpcs_bytes payload = {NULL, 0, 0};
  const int is_written = write_payload(&payload, subscription);
  if (is_written && rpcs_is_too_large(client, payload.length)) {
    rpcs_note(client, "a subscription's %zu bytes exceed what the sidecar takes", payload.length);
    rpcs_subscription_end(subscription, RPCS_E_TOO_LARGE);
  } else {
    const uint64_t id = client->last_id + 1;
    const rpcs_frame header = {(uint32_t)payload.length, RPCS_SUBSCRIBE, 0, number, id};
    if (is_written && rpcs_push_ask(client, &header, &payload)) {
      client->last_id = id;
      set_id(subscription, id);
      set_state(subscription, RPCS_SUBSCRIPTION_ASKED);
    } else {
      rpcs_note(client, "out of memory");
      rpcs_subscription_again(subscription);
    }
  }
  rpcs_bytes_free(&payload);
}

void rpcs_subscriptions_lost(rpcs_client* client) {
  rpcs_subscription* subscription = client->subscriptions.first;
  for (; subscription != NULL; subscription = subscription->next) {
    rpcs_subscription_forgotten(subscription);
    if (is_open(subscription)) {
      set_state(subscription, RPCS_SUBSCRIPTION_WAITING);
      subscription->ask_at = 0; /* the connection itself has waited */
    }
  }
}

void rpcs_subscriptions_close(rpcs_client* client) {
  rpcs_subscription* subscription = client->subscriptions.first;
  for (; subscription != NULL; subscription = subscription->next) {
    rpcs_event_queue_clear(&subscription->queue);
    if (is_open(subscription)) {
      rpcs_subscription_end(subscription, RPCS_E_CLOSED);
    }
  }
}

static void end_late(rpcs_subscription* subscription) {
  rpcs_client* client = subscription->client;
  if (subscription->error.length > 0) {
    rpcs_subscription_end(subscription, RPCS_E_REFUSED);
    return;
  }
  const int is_sent = subscription->state == RPCS_SUBSCRIPTION_ASKED;
  const rpcs_status status = rpcs_status_when_late(client, is_sent);
  if (status == RPCS_E_TIMEOUT) {
    rpcs_note(client, "no answer to SUBSCRIBE within %u ms",
              (unsigned)subscription->request.timeout_ms);
  }
  rpcs_subscription_end(subscription, status);
}

void rpcs_subscriptions_turn(rpcs_client* client, int64_t now) {
  if (client->subscriptions.unsettled_count == 0) {
    return;
  }
  rpcs_subscription* subscription = client->subscriptions.first;
  for (; subscription != NULL; subscription = subscription->next) {
    if (is_unsettled(subscription) && subscription->answer_until <= now) {
      end_late(subscription);
    } else if (subscription->state == RPCS_SUBSCRIPTION_WAITING && subscription->ask_at <= now &&
               client->phase == RPCS_PHASE_READY) {
      ask(subscription);
    }
  }
}

int64_t rpcs_subscriptions_until(const rpcs_client* client) {
  int64_t until = INT64_MAX;
  const rpcs_subscription* subscription =
      client->subscriptions.unsettled_count > 0 ? client->subscriptions.first : NULL;
  for (; subscription != NULL; subscription = subscription->next) {
    if (is_unsettled(subscription) && subscription->answer_until < until) {
      until = subscription->answer_until;
    }
    if (subscription->state == RPCS_SUBSCRIPTION_WAITING && subscription->ask_at < until &&
        client->phase == RPCS_PHASE_READY) {
      until = subscription->ask_at;
    }
  }
  return until;
}

/* All that can be said of a request before memory is set aside for it. */
static rpcs_status check_request(rpcs_client* client, const rpcs_subscribe_request* request) {
  if (request == NULL || request->method == NULL || request->method[0] == '\0') {
    rpcs_note(client, "a subscription needs a method");
    return RPCS_E_INVALID;
  }
  if (request->params != NULL && request->params[0] == '\0') {
    rpcs_note(client, "params is empty: it must be a JSON array, or null for none");
    return RPCS_E_INVALID;
  }
  if ((unsigned)request->continuity > RPCS_CONTINUITY_STRICT) {
    rpcs_note(client, "there is no such continuity");
    return RPCS_E_INVALID;
  }
  if (client->subscriptions.count >= client->options.subscriptions_max) {
    rpcs_note(client, "subscriptions_max (%u) are there",
              (unsigned)client->options.subscriptions_max);
    return RPCS_E_LIMIT;
  }
  if (client->asks.bytes > client->options.queue_bytes_max) {
    rpcs_note(client, "queue_bytes_max (%zu) is met", client->options.queue_bytes_max);
    return RPCS_E_LIMIT;
  }
  return RPCS_OK;
}

static void fill_request(const rpcs_client* client, rpcs_subscribe_request* request) {
  const int is_latest = request->continuity == RPCS_CONTINUITY_LATEST;
  request->method = NULL;
  request->params = NULL;
  request->chain = NULL;
  if (request->timeout_ms == 0) {
    request->timeout_ms = client->options.call_deadline_ms;
  }
  if (request->queue_events_max == 0) {
    request->queue_events_max = is_latest ? 1 : kQueueEventsMax;
  }
  if (request->queue_bytes_max == 0) {
    request->queue_bytes_max = kQueueBytesMax;
  }
}

static rpcs_subscription* make(rpcs_client* client, const rpcs_subscribe_request* request) {
  rpcs_subscription* made = calloc(1, sizeof(*made));
  if (made == NULL) {
    return NULL;
  }
  const char* chain = request->chain != NULL ? request->chain : client->options.chain;
  made->client = client;
  made->request = *request;
  made->chain = chain != NULL ? strdup(chain) : NULL;
  if ((chain != NULL && made->chain == NULL) || !write_wish(&made->wish, request)) {
    free_parts(made);
    return NULL;
  }
  fill_request(client, &made->request);
  return made;
}

rpcs_status rpcs_subscription_begin(rpcs_client* client, const rpcs_subscribe_request* request,
                                    rpcs_subscription** made) {
  rpcs_subscriptions* all = &client->subscriptions;
  const rpcs_status status = check_request(client, request);
  if (status != RPCS_OK) {
    return status;
  }
  if (all->buckets == NULL) {
    all->buckets = calloc(kBuckets, sizeof(rpcs_subscription*));
  }
  rpcs_subscription* subscription = all->buckets != NULL ? make(client, request) : NULL;
  if (subscription == NULL) {
    rpcs_note(client, "out of memory");
    return RPCS_E_NOMEM;
  }
  const int64_t now = rpcs_now();
  if (all->open_count == 0) {
    rpcs_connection_heard(client, now); /* the silence so far was not watched */
  }
  subscription->answer_until = now + subscription->request.timeout_ms;
  subscription->state = RPCS_SUBSCRIPTION_WAITING;
  ++all->open_count;
  ++all->unsettled_count;
  subscription->next = all->first;
  if (all->first != NULL) {
    all->first->previous = subscription;
  }
  all->first = subscription;
  ++all->count;
  *made = subscription;
  return RPCS_OK;
}

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "client/client.h"

/* What rpcs_last_refusal says from now on. Without memory for it: nothing. */
static void keep_refusal(rpcs_client* client, const rpcs_bytes* error) {
  client->refusal.length = 0;
  (void)rpcs_bytes_append(&client->refusal, error->at, error->length);
}

/* It did not come to be. */
static rpcs_status fail(rpcs_subscription* subscription, rpcs_status status) {
  keep_refusal(subscription->client, &subscription->error);
  rpcs_subscription_free(subscription);
  return status;
}

/* Waits until it stands or has ended. */
static rpcs_status wait_for_answer(rpcs_subscription* subscription) {
  rpcs_client* client = subscription->client;
  rpcs_step(client, RPCS_READ); /* reads first, as a call does */
  rpcs_run_callbacks(client);
  while (!client->is_closing && !subscription->has_been_live &&
         subscription->state != RPCS_SUBSCRIPTION_ENDED) {
    rpcs_wait_until(client, INT64_MAX);
    rpcs_step(client, RPCS_READ);
    rpcs_run_callbacks(client);
  }
  if (client->is_closing) {
    rpcs_destroy(client); /* and the subscription with it */
    return RPCS_E_CLOSED;
  }
  if (!subscription->has_been_live) {
    return fail(subscription, subscription->status);
  }
  subscription->is_held = 0;
  rpcs_subscription_make_due(subscription);
  return RPCS_OK;
}

rpcs_status rpcs_subscribe(rpcs_client* client, const rpcs_subscribe_request* request,
                           rpcs_subscription** subscription) {
  if (subscription == NULL) {
    return RPCS_E_INVALID;
  }
  *subscription = NULL;
  rpcs_status status = rpcs_usable(client);
  if (status != RPCS_OK) {
    return status;
  }
  const int is_waiting = request != NULL && !request->subscribe_later;
  if (is_waiting && client->callback_depth > 0) {
    return RPCS_E_INVALID;
  }
  client->refusal.length = 0;
  rpcs_subscription* made = NULL;
  status = rpcs_subscription_begin(client, request, &made);
  if (status == RPCS_OK && is_waiting) {
    made->is_held = 1;
    status = wait_for_answer(made);
  }
  *subscription = status == RPCS_OK ? made : NULL;
  return status;
}

/* 0: nothing is there. */
static int give(rpcs_subscription* subscription, const rpcs_event_view** event) {
  rpcs_event_queue* queue = &subscription->queue;
  if (queue->dropped_count > 0) {
    rpcs_event_view* gap = &subscription->gap;
    (void)snprintf(subscription->gap_text, sizeof(subscription->gap_text),
                   "{\"reason\":\"queue_overflow\",\"count\":%llu}",
                   (unsigned long long)queue->dropped_count);
    gap->epoch = queue->dropped_at.epoch;
    gap->seq = queue->dropped_at.seq;
    gap->kind = RPCS_KIND_GAP;
    gap->bytes = subscription->gap_text;
    gap->length = strlen(subscription->gap_text);
    queue->dropped_count = 0;
    *event = gap;
    return 1;
  }
  if (queue->first != NULL) {
    subscription->given = rpcs_event_queue_pop(queue);
    *event = &subscription->given->view;
    return 1;
  }
  return 0;
}

static rpcs_status usable_for_pull(const rpcs_subscription* subscription) {
  const rpcs_status status = rpcs_usable(subscription->client);
  if (status != RPCS_OK) {
    return status;
  }
  const int is_pulled = subscription->request.on_event == NULL;
  return is_pulled && subscription->client->callback_depth == 0 ? RPCS_OK : RPCS_E_INVALID;
}

rpcs_status rpcs_next_event(rpcs_subscription* subscription, int timeout_ms,
                            const rpcs_event_view** event) {
  if (subscription == NULL || event == NULL) {
    return RPCS_E_INVALID;
  }
  *event = NULL;
  const rpcs_status status = usable_for_pull(subscription);
  if (status != RPCS_OK) {
    return status;
  }
  rpcs_client* client = subscription->client;
  rpcs_queued_event_free(subscription->given);
  subscription->given = NULL;
  const int64_t until = timeout_ms < 0 ? INT64_MAX : rpcs_now() + timeout_ms;
  /* The newest event may still be in the socket. */
  int is_read = subscription->request.continuity != RPCS_CONTINUITY_LATEST;
  for (;;) {
    if (is_read && give(subscription, event)) {
      return RPCS_OK;
    }
    if (is_read && subscription->state == RPCS_SUBSCRIPTION_ENDED) {
      keep_refusal(client, &subscription->error);
      return subscription->status;
    }
    rpcs_step(client, RPCS_READ);
    rpcs_run_callbacks(client);
    if (client->is_closing) {
      rpcs_destroy(client);
      return RPCS_E_CLOSED;
    }
    if (subscription->queue.first == NULL && subscription->state != RPCS_SUBSCRIPTION_ENDED) {
      if (rpcs_now() >= until) {
        return RPCS_E_TIMEOUT;
      }
      rpcs_wait_until(client, until);
    }
    is_read = 1;
  }
}

rpcs_status rpcs_unsubscribe(rpcs_subscription* subscription) {
  if (subscription == NULL) {
    return RPCS_OK;
  }
  rpcs_client* client = subscription->client;
  const rpcs_status status = rpcs_usable(client);
  if (status != RPCS_OK) {
    return status;
  }
  if (subscription->is_in_callback) {
    subscription->is_dropped = 1;
    rpcs_subscription_end(subscription, RPCS_E_CLOSED);
    return RPCS_OK;
  }
  rpcs_subscription_free(subscription);
  if (client->callback_depth == 0) {
    rpcs_flush(client); /* who only waits for events may not be back for long */
  }
  return RPCS_OK;
}

const char* rpcs_last_refusal(const rpcs_client* client) {
  const int is_there = rpcs_usable(client) == RPCS_OK && client->refusal.length > 0;
  return is_there ? client->refusal.at : "";
}

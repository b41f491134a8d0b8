#include "client/client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/options.h"

static int is_forked(const rpcs_client* client) {
  return client->pid != getpid();
}

rpcs_status rpcs_usable(const rpcs_client* client) {
  if (client == NULL) {
    return RPCS_E_INVALID;
  }
  if (is_forked(client)) {
    return RPCS_E_FORKED;
  }
  return client->is_closing ? RPCS_E_CLOSED : RPCS_OK;
}

static void run_ended(rpcs_client* client) {
  while (client->ended_first != NULL) {
    rpcs_open_call* call = client->ended_first;
    client->ended_first = call->next;
    if (client->ended_first == NULL) {
      client->ended_last = NULL;
    }
    rpcs_reply* reply = NULL;
    if (call->status == RPCS_OK) {
      reply = call->reply;
      call->reply = NULL;
      memset(&call->answer, 0, sizeof(call->answer)); /* its bytes go with the reply */
    }
    call->on_done(call->user, call->id, call->status, reply);
    rpcs_open_call_free(call);
  }
}

/* One event, or the end. */
static void tell(rpcs_subscription* subscription) {
  const rpcs_subscribe_request* request = &subscription->request;
  subscription->is_in_callback = 1;
  if (subscription->queue.first != NULL) {
    rpcs_queued_event* event = rpcs_event_queue_pop(&subscription->queue);
    request->on_event(request->user, &event->view);
    rpcs_queued_event_free(event);
  } else if (subscription->state == RPCS_SUBSCRIPTION_ENDED && !subscription->is_end_told) {
    subscription->is_end_told = 1;
    if (request->on_end != NULL) {
      const char* error = subscription->error.at != NULL ? subscription->error.at : "";
      request->on_end(request->user, subscription->status, error);
    }
  }
  subscription->is_in_callback = 0;
  if (subscription->is_dropped) {
    rpcs_subscription_free(subscription);
  } else if (subscription->queue.first != NULL ||
             (subscription->state == RPCS_SUBSCRIPTION_ENDED && !subscription->is_end_told)) {
    rpcs_subscription_make_due(subscription);
  }
}

void rpcs_run_callbacks(rpcs_client* client) {
  const int was_closing = client->is_closing; /* else one that closes it is the last to be told */
  ++client->callback_depth;
  run_ended(client);
  while (client->subscriptions.due_first != NULL && client->is_closing == was_closing) {
    tell(rpcs_subscriptions_take_due(client));
    run_ended(client);
  }
  --client->callback_depth;
}

/* Timers first: what is lost further down is opened again in another step, so that between the two
 * everyone sees why it was lost. */
void rpcs_step(rpcs_client* client, int ready) {
  rpcs_connection_timers(client, rpcs_now());
  if ((ready & RPCS_READ) != 0) {
    rpcs_read_arrived(client, 0);
  }
  rpcs_calls_end_late(client, rpcs_now());
  rpcs_subscriptions_turn(client, rpcs_now());
  rpcs_connection_keepalive(client, rpcs_now());
  rpcs_flush(client);
  rpcs_connection_leave(client);
}

static void free_client(rpcs_client* client) {
  while (client->ended_first != NULL) {
    rpcs_open_call* call = client->ended_first;
    client->ended_first = call->next;
    rpcs_open_call_free(call);
  }
  while (client->subscriptions.first != NULL) {
    rpcs_subscription_free(client->subscriptions.first);
  }
  free(client->subscriptions.buckets);
  rpcs_bytes_free(&client->refusal);
  rpcs_bytes_free(&client->event_payload);
  rpcs_out_queue_clear(&client->controls);
  rpcs_out_queue_clear(&client->asks);
  rpcs_out_queue_clear(&client->queued);
  rpcs_call_table_free(&client->calls);
  rpcs_welcome_free(&client->welcome);
  rpcs_bytes_free(&client->control_payload);
  rpcs_options_free(&client->options);
  free(client->read_buffer);
  free(client);
}

void rpcs_destroy(rpcs_client* client) {
  client->is_closing = 1;
  const int is_copy = is_forked(client);
  rpcs_connection_close(client, is_copy);
  rpcs_calls_close(client);
  rpcs_subscriptions_close(client);
  if (!is_copy) {
    rpcs_run_callbacks(client);
  }
  free_client(client);
}

static rpcs_status create(const rpcs_options* options, rpcs_client** made, const char** error) {
  rpcs_client* client = calloc(1, sizeof(*client));
  *made = NULL;
  *error = "out of memory";
  if (client == NULL) {
    return RPCS_E_NOMEM;
  }
  const rpcs_status status = rpcs_options_copy(options, &client->options, error);
  if (status != RPCS_OK) {
    free(client);
    return status;
  }
  client->pid = getpid();
  client->fd = -1;
  client->phase = RPCS_PHASE_WAITING;
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  client->random = (uint64_t)now.tv_nsec ^ (uint64_t)client->pid << 32 ^ (uintptr_t)client;
  client->read_buffer = malloc(RPCS_READ_BYTES);
  if (client->read_buffer == NULL ||
      !rpcs_call_table_init(&client->calls, client->options.calls_max)) {
    free(client->read_buffer);
    rpcs_options_free(&client->options);
    free(client);
    *error = "out of memory";
    return RPCS_E_NOMEM;
  }
  *made = client;
  return RPCS_OK;
}

void rpcs_wait_until(rpcs_client* client, int64_t until) {
  const int64_t left = until - rpcs_now();
  int timeout = rpcs_timeout_ms(client);
  if (left < timeout || timeout < 0) {
    timeout = left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
  }
  struct pollfd polled = {client->fd, POLLIN, 0}; /* poll passes over a negative fd */
  if ((rpcs_wants(client) & RPCS_WRITE) != 0) {
    polled.events |= POLLOUT;
  }
  (void)poll(&polled, 1, timeout); /* EINTR too: the caller looks at the clock again */
}

/* A full backlog is tried again: that sidecar may come round. All other failures are final. */
static int is_worth_waiting(const rpcs_client* client) {
  return client->phase != RPCS_PHASE_WAITING || client->connect_status == RPCS_OK ||
         client->connect_status == RPCS_E_TIMEOUT;
}

static rpcs_status wait_until_ready(rpcs_client* client) {
  const int64_t until = rpcs_now() + client->options.connect_timeout_ms;
  while (client->phase != RPCS_PHASE_READY) {
    if (!is_worth_waiting(client)) {
      return client->connect_status;
    }
    if (rpcs_now() >= until) {
      return RPCS_E_TIMEOUT;
    }
    rpcs_wait_until(client, until);
    rpcs_step(client, RPCS_READ);
  }
  uint16_t number = 0;
  if (!rpcs_welcome_find(&client->welcome, client->options.chain, &number)) {
    rpcs_note(client, "the sidecar has no chain %s", client->options.chain);
    return RPCS_E_INVALID;
  }
  return RPCS_OK;
}

static rpcs_status fail_connect(const rpcs_options* options, rpcs_status status,
                                const char* error) {
  if (options != NULL && options->error_text != NULL && options->error_size > 0) {
    (void)snprintf(options->error_text, options->error_size, "%s", error);
  }
  return status;
}

rpcs_status rpcs_connect(const rpcs_options* options, rpcs_client** client) {
  if (client == NULL) {
    return fail_connect(options, RPCS_E_INVALID, "there is no place for the client");
  }
  *client = NULL;
  if (rpcs_is_disabled()) {
    return fail_connect(options, RPCS_E_DISABLED, "USE_SIDECAR says no");
  }
  rpcs_client* made = NULL;
  const char* error = "";
  rpcs_status status = create(options, &made, &error);
  if (status != RPCS_OK) {
    return fail_connect(options, status, error);
  }
  rpcs_connection_try(made, rpcs_now());
  if (!made->options.connect_later) {
    status = wait_until_ready(made);
  }
  if (status != RPCS_OK) {
    (void)fail_connect(options, status, made->error_text);
    rpcs_destroy(made);
    return status;
  }
  *client = made;
  return RPCS_OK;
}

void rpcs_close(rpcs_client* client) {
  if (client == NULL) {
    return;
  }
  if (client->callback_depth > 0 && !is_forked(client)) {
    client->is_closing = 1;
    return;
  }
  rpcs_destroy(client);
}

rpcs_status rpcs_submit(rpcs_client* client, const rpcs_request* request, rpcs_on_done on_done,
                        void* user, uint64_t* id) {
  const rpcs_status status = rpcs_usable(client);
  if (status != RPCS_OK) {
    return status;
  }
  return on_done != NULL ? rpcs_call_begin(client, request, on_done, user, id) : RPCS_E_INVALID;
}

rpcs_status rpcs_cancel(rpcs_client* client, uint64_t id) {
  const rpcs_status status = rpcs_usable(client);
  if (status != RPCS_OK) {
    return status;
  }
  rpcs_open_call* call = rpcs_call_table_find(&client->calls, id);
  if (call == NULL) {
    return RPCS_E_INVALID;
  }
  rpcs_call_end(client, call, RPCS_E_CLOSED);
  return RPCS_OK;
}

rpcs_status rpcs_process(rpcs_client* client, int ready) {
  const rpcs_status status = rpcs_usable(client);
  if (status != RPCS_OK) {
    return status;
  }
  if (client->callback_depth > 0) {
    return RPCS_E_INVALID;
  }
  rpcs_step(client, ready);
  rpcs_run_callbacks(client);
  if (client->is_closing) {
    rpcs_destroy(client);
    return RPCS_E_CLOSED;
  }
  rpcs_flush(client); /* what the callbacks submitted */
  return RPCS_OK;
}

/* A blocking call, on the stack of who waits for it. */
typedef struct rpcs_waiter {
  int is_done;
  rpcs_status status;
  rpcs_reply* reply;
} rpcs_waiter;

static void on_waited_done(void* user, uint64_t id, rpcs_status status, rpcs_reply* reply) {
  rpcs_waiter* waiter = user;
  (void)id;
  waiter->is_done = 1;
  waiter->status = status;
  waiter->reply = reply;
}

rpcs_status rpcs_call_on(rpcs_client* client, const rpcs_request* request, rpcs_reply** reply) {
  if (reply == NULL) {
    return RPCS_E_INVALID;
  }
  *reply = NULL;
  rpcs_waiter waiter = {0, RPCS_OK, NULL};
  rpcs_status status = rpcs_usable(client);
  if (status == RPCS_OK && client->callback_depth > 0) {
    status = RPCS_E_INVALID;
  }
  if (status == RPCS_OK) {
    status = rpcs_call_begin(client, request, on_waited_done, &waiter, NULL);
  }
  if (status != RPCS_OK) {
    return status;
  }
  rpcs_step(client,
            RPCS_READ); /* reads first: what came since the last call may be an end or a GOAWAY */
  rpcs_run_callbacks(client);
  while (!waiter.is_done && !client->is_closing) {
    rpcs_wait_until(client, INT64_MAX);
    rpcs_step(client, RPCS_READ);
    rpcs_run_callbacks(client);
  }
  if (client->is_closing) {
    rpcs_destroy(client); /* ends the waiter too */
  }
  *reply = waiter.reply;
  return waiter.status;
}

rpcs_status rpcs_call(rpcs_client* client, const char* method, const char* params,
                      uint32_t deadline_ms, rpcs_reply** reply) {
  rpcs_request request;
  memset(&request, 0, sizeof(request));
  request.method = method;
  request.params = params;
  request.deadline_ms = deadline_ms;
  return rpcs_call_on(client, &request, reply);
}

void rpcs_reply_free(rpcs_reply* reply) {
  if (reply != NULL) {
    free((char*)reply->bytes);
    free(reply);
  }
}

int rpcs_fd(const rpcs_client* client) {
  return client == NULL || is_forked(client) ? -1 : client->fd;
}

int rpcs_wants(const rpcs_client* client) {
  if (rpcs_fd(client) < 0) {
    return 0;
  }
  return RPCS_READ | (rpcs_has_output(client) ? RPCS_WRITE : 0);
}

static int64_t earlier(int64_t one, int64_t other) {
  return one < other ? one : other;
}

int rpcs_timeout_ms(const rpcs_client* client) {
  if (client == NULL || is_forked(client)) {
    return -1;
  }
  if (client->ended_first != NULL || client->subscriptions.due_first != NULL ||
      client->is_closing) {
    return 0;
  }
  int64_t until =
      earlier(rpcs_subscriptions_until(client), rpcs_connection_keepalive_until(client));
  if (client->phase == RPCS_PHASE_WAITING || client->phase == RPCS_PHASE_GREETING) {
    until = earlier(until, client->phase_until);
  }
  const rpcs_open_call* earliest = rpcs_call_table_earliest(&client->calls);
  if (earliest != NULL) {
    until = earlier(until, earliest->deadline_at);
  }
  if (until == INT64_MAX) {
    return -1;
  }
  const int64_t left = until - rpcs_now();
  return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

const char* rpcs_last_error(const rpcs_client* client) {
  if (client == NULL) {
    return "";
  }
  return is_forked(client) ? "the handle belongs to another process" : client->error_text;
}

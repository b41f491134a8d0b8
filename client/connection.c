#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client/client.h"
#include "client/json_text.h"

enum {
  kTriesMax = 30, /* beyond which the wait is at its bound anyway */
  kPingsMax = 2   /* that a sidecar may leave unanswered */
};

int64_t rpcs_now(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void rpcs_note(rpcs_client* client, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(client->error_text, sizeof(client->error_text), format, arguments);
  va_end(arguments);
}

/* splitmix64: spreads workers that lost the same sidecar; no secret depends on it. */
static uint64_t next_random(rpcs_client* client) {
  client->random += 0x9e3779b97f4a7c15u;
  uint64_t mixed = client->random;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
  return mixed ^ mixed >> 31;
}

int64_t rpcs_random_wait(rpcs_client* client, uint32_t tries) {
  const uint64_t bound_max = client->options.reconnect_wait_ms_max;
  uint64_t bound = (uint64_t)client->options.reconnect_wait_ms
                   << (tries < kTriesMax ? tries : kTriesMax);
  bound = bound < bound_max ? bound : bound_max;
  return (int64_t)(next_random(client) % (bound + 1));
}

static void wait_before_next_try(rpcs_client* client) {
  client->phase = RPCS_PHASE_WAITING;
  client->phase_until = rpcs_now() + rpcs_random_wait(client, client->tries);
  client->tries += client->tries < kTriesMax ? 1 : 0;
}

static int open_socket(const char* path) {
  struct sockaddr_un address;
  memset(&address, 0, sizeof(address));
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path, strlen(path));
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return -1;
  }
  int result = 0;
  do {
    result = connect(fd, (const struct sockaddr*)&address, sizeof(address));
  } while (result < 0 && errno == EINTR);
  if (result < 0) {
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

static int push_hello(rpcs_client* client) {
  rpcs_bytes payload = {NULL, 0, 0};
  client->hello_id = ++client->last_id;
  const int is_pushed = rpcs_bytes_append_text(&payload, "{\"version\":") &&
                        rpcs_append_number(&payload, RPCS_VERSION) &&
                        rpcs_bytes_append_text(&payload, ",\"client\":") &&
                        rpcs_append_json_string(&payload, client->options.client_name) &&
                        rpcs_bytes_append_text(&payload, "}") &&
                        rpcs_push_control(client, RPCS_HELLO, client->hello_id, &payload);
  rpcs_bytes_free(&payload);
  return is_pushed;
}

void rpcs_connection_try(rpcs_client* client, int64_t now) {
  client->fd = open_socket(client->options.socket_path);
  if (client->fd < 0) {
    /* A full backlog means that a sidecar is there and does not accept: it hangs, or starts. */
    client->connect_status = errno == EAGAIN ? RPCS_E_TIMEOUT : RPCS_E_NO_SIDECAR;
    rpcs_note(client, "%s: %s", client->options.socket_path, strerror(errno));
    wait_before_next_try(client);
    return;
  }
  client->phase = RPCS_PHASE_GREETING;
  client->phase_until = now + client->options.connect_timeout_ms;
  rpcs_decoder_init(&client->decoder, RPCS_PAYLOAD_MAX);
  client->control_payload.length = 0;
  if (!push_hello(client)) {
    rpcs_note(client, "out of memory");
    rpcs_connection_lost(client, RPCS_E_NOMEM);
    return;
  }
  rpcs_flush(client);
}

void rpcs_connection_close(rpcs_client* client, int is_silent) {
  if (client->fd >= 0) {
    if (!is_silent && client->options.on_closing != NULL) {
      client->options.on_closing(client->options.on_closing_user, client->fd);
    }
    close(client->fd);
    client->fd = -1;
  }
}

void rpcs_connection_lost(rpcs_client* client, rpcs_status status) {
  if (client->phase == RPCS_PHASE_GREETING) {
    client->connect_status = status == RPCS_E_LOST ? RPCS_E_NO_SIDECAR : status;
  }
  rpcs_connection_close(client, 0);
  wait_before_next_try(client);
  rpcs_out_queue_clear(&client->controls);
  rpcs_out_queue_clear(&client->asks);
  rpcs_subscriptions_lost(client);
  rpcs_calls_lost(client);
  rpcs_out_frame* first = client->queued.first;
  if (first != NULL && first->sent > 0) {
    rpcs_out_queue_drop(&client->queued, first); /* its call has ended: the rest has no use */
  }
}

void rpcs_connection_refuse(rpcs_client* client, const char* text) {
  rpcs_note(client, "%s: %s", client->options.socket_path, text);
  rpcs_connection_lost(client, RPCS_E_PROTOCOL);
}

void rpcs_connection_leave(rpcs_client* client) {
  const rpcs_out_frame* first = client->queued.first;
  if (client->phase == RPCS_PHASE_LEAVING && client->sent_count == 0 &&
      (first == NULL || first->sent == 0)) {
    rpcs_connection_lost(client, RPCS_E_LOST);
  }
}

void rpcs_connection_timers(rpcs_client* client, int64_t now) {
  if (client->phase == RPCS_PHASE_GREETING && now >= client->phase_until) {
    rpcs_note(client, "%s: no greeting within %u ms", client->options.socket_path,
              (unsigned)client->options.connect_timeout_ms);
    rpcs_connection_lost(client, RPCS_E_TIMEOUT);
  } else if (client->phase == RPCS_PHASE_WAITING && now >= client->phase_until) {
    rpcs_connection_try(client, now);
  }
}

void rpcs_connection_heard(rpcs_client* client, int64_t now) {
  client->ping_at = now + client->options.keepalive_ms;
  client->ping_sent = 0;
}

static int is_kept_alive(const rpcs_client* client) {
  return client->subscriptions.open_count > 0 &&
         (client->phase == RPCS_PHASE_READY || client->phase == RPCS_PHASE_LEAVING);
}

/* One step a turn, and each waits anew: a process that was stopped for long does not take its own
 * absence for the sidecar's. */
void rpcs_connection_keepalive(rpcs_client* client, int64_t now) {
  if (!is_kept_alive(client) || now < client->ping_at) {
    return;
  }
  if (client->ping_sent == kPingsMax) {
    rpcs_note(client, "%s: %d PINGs without an answer", client->options.socket_path, kPingsMax);
    rpcs_connection_lost(client, RPCS_E_LOST);
    return;
  }
  ++client->ping_sent;
  client->ping_at = now + client->options.keepalive_ms;
  (void)rpcs_push_control(client, RPCS_PING, 0, NULL); /* without memory: it counts as unanswered */
}

int64_t rpcs_connection_keepalive_until(const rpcs_client* client) {
  return is_kept_alive(client) ? client->ping_at : INT64_MAX;
}

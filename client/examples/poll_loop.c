/* Many calls in flight in a poll(2) loop:  poll_loop METHOD [COUNT]
 * In a loop of yours the three steps of run() become a readiness callback and a timer. */

#include <errno.h>
#include <poll.h>
#include <rpcsidecar.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct progress {
  unsigned open_count;
  unsigned failed_count;
} progress;

static void on_done(void* user, uint64_t id, rpcs_status status, rpcs_reply* reply) {
  progress* calls = user;
  --calls->open_count;
  if (status != RPCS_OK) {
    ++calls->failed_count;
    printf("%llu: %s\n", (unsigned long long)id, rpcs_status_text(status));
  } else {
    calls->failed_count += reply->is_error ? 1 : 0;
    printf("%llu: %s%s\n", (unsigned long long)id, reply->is_error ? "error " : "", reply->bytes);
  }
  rpcs_reply_free(reply);
}

static rpcs_status run(rpcs_client* client, const progress* calls) {
  rpcs_status status = RPCS_OK;
  while (status == RPCS_OK && calls->open_count > 0) {
    /* 1. What to wait for. It may change with every step: ask anew. */
    const int wants = rpcs_wants(client);
    struct pollfd polled = {rpcs_fd(client), 0, 0}; /* poll passes over -1 */
    polled.events = (short)((wants & RPCS_READ ? POLLIN : 0) | (wants & RPCS_WRITE ? POLLOUT : 0));

    /* 2. Wait, no longer than the client's next timer. */
    if (poll(&polled, 1, rpcs_timeout_ms(client)) < 0 && errno != EINTR) {
      perror("poll");
      return RPCS_E_INVALID;
    }

    /* 3. Let it work. Here on_done runs. A hang-up is read as the end that it is. */
    const int ready = (polled.revents & (POLLIN | POLLHUP | POLLERR) ? RPCS_READ : 0) |
                      (polled.revents & POLLOUT ? RPCS_WRITE : 0);
    status = rpcs_process(client, ready);
  }
  return status;
}

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    fprintf(stderr, "usage: %s METHOD [COUNT]\n", argv[0]);
    return 2;
  }
  const unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 10;
  rpcs_options options;
  rpcs_options_init(&options);
  options.client_name = "example-poll-loop/1.0";
  options.connect_later = 1; /* a loop does not wait: calls go out once a sidecar is there */

  rpcs_client* client = NULL;
  rpcs_status status = rpcs_connect(&options, &client);
  progress calls = {0, 0};
  for (unsigned long i = 0; status == RPCS_OK && i < count; ++i) {
    rpcs_request request;
    memset(&request, 0, sizeof(request));
    request.method = argv[1];
    request.deadline_ms = 10000;
    status = rpcs_submit(client, &request, on_done, &calls, NULL);
    calls.open_count += status == RPCS_OK ? 1 : 0;
  }
  if (status == RPCS_OK) {
    status = run(client, &calls);
  }
  if (status != RPCS_OK) {
    fprintf(stderr, "%s (%s)\n", rpcs_status_text(status), rpcs_last_error(client));
  }
  rpcs_close(client);
  return status == RPCS_OK && calls.failed_count == 0 ? 0 : 1;
}

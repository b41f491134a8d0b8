/* New heads, one line each, over any trouble in between:  watch_heads [COUNT]
 * The socket is RPC_SIDECAR_SOCKET, else /run/rpc.sock. */

#include <rpcsidecar.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_event(const rpcs_event_view* event) {
  static const char* const kNames[] = {"live", "replayed", "gap"};
  printf("%u:%llu %s %s\n", (unsigned)event->epoch, (unsigned long long)event->seq,
         kNames[event->kind], event->bytes);
  fflush(stdout);
}

/* Until count events have come, or for ever when it is 0. */
static rpcs_status watch(rpcs_client* client, unsigned long count) {
  rpcs_subscribe_request request;
  memset(&request, 0, sizeof(request));
  request.method = "eth_subscribe";
  request.params = "[\"newHeads\"]";
  rpcs_subscription* heads = NULL;
  rpcs_status status = rpcs_subscribe(client, &request, &heads);
  for (unsigned long i = 0; status == RPCS_OK && (count == 0 || i < count); ++i) {
    const rpcs_event_view* event = NULL;
    status = rpcs_next_event(heads, -1, &event);
    if (status == RPCS_OK) {
      print_event(event); /* a gap too: what a worker must know that adds events up */
    }
  }
  if (status != RPCS_OK) {
    fprintf(stderr, "%s (%s) %s\n", rpcs_status_text(status), rpcs_last_error(client),
            rpcs_last_refusal(client));
  }
  (void)rpcs_unsubscribe(heads);
  return status;
}

int main(int argc, char** argv) {
  if (argc > 2) {
    fprintf(stderr, "usage: %s [COUNT]\n", argv[0]);
    return 2;
  }
  char why[200] = "";
  rpcs_options options;
  rpcs_options_init(&options);
  options.client_name = "example-watch-heads/1.0";
  options.error_text = why;
  options.error_size = sizeof(why);

  rpcs_client* client = NULL;
  rpcs_status status = rpcs_connect(&options, &client);
  if (status != RPCS_OK) {
    fprintf(stderr, "%s (%s)\n", rpcs_status_text(status), why);
    return 1;
  }
  status = watch(client, argc > 1 ? strtoul(argv[1], NULL, 10) : 0);
  rpcs_close(client);
  return status == RPCS_OK ? 0 : 1;
}

/* One blocking call:  call METHOD [PARAMS]
 * The socket is RPC_SIDECAR_SOCKET, else /run/rpc.sock. */

#include <rpcsidecar.h>
#include <stdio.h>

/* A worker that is told USE_SIDECAR=false has its own way to a provider; this is its place. */
static int call_directly(const char* method) {
  printf("USE_SIDECAR is off: %s would go straight to the provider\n", method);
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    fprintf(stderr, "usage: %s METHOD [PARAMS]\n", argv[0]);
    return 2;
  }
  char why[200] = "";
  rpcs_options options;
  rpcs_options_init(&options);
  options.client_name = "example-call/1.0";
  options.error_text = why;
  options.error_size = sizeof(why);

  rpcs_client* client = NULL;
  rpcs_status status = rpcs_connect(&options, &client);
  if (status == RPCS_E_DISABLED) {
    return call_directly(argv[1]);
  }
  if (status != RPCS_OK) {
    fprintf(stderr, "%s (%s)\n", rpcs_status_text(status), why);
    return 1;
  }

  rpcs_reply* reply = NULL;
  int code = 0;
  status = rpcs_call(client, argv[1], argc > 2 ? argv[2] : NULL, 10000, &reply);
  if (status != RPCS_OK) {
    fprintf(stderr, "%s (%s)\n", rpcs_status_text(status), rpcs_last_error(client));
    code = 1;
  } else if (reply->is_error) {
    fprintf(stderr, "error: %s\n", reply->bytes); /* the JSON-RPC error object */
    code = 3;
  } else {
    fwrite(reply->bytes, 1, reply->length, stdout);
    putchar('\n');
  }
  rpcs_reply_free(reply);
  rpcs_close(client);
  return code;
}

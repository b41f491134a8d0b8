#include "client/options.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char kDefaultPath[] = "/run/rpc.sock";
static const char kDefaultName[] = "librpcsidecar";

enum {
  kConnectTimeoutMs = 5000,
  kCallDeadlineMs = 30000, /* the sidecar's own default */
  kReconnectWaitMs = 50,
  kReconnectWaitMsMax = 2000,
  kCallsMax = 1024,
  kCallsMaxLimit = 1 << 20,
  kSubscriptionsMax = 1024, /* the sidecar's own default */
  kSubscriptionsMaxLimit = 1 << 20,
  kKeepaliveMs = 10000,
  kMiB = 1 << 20
};

void rpcs_options_init(rpcs_options* options) {
  memset(options, 0, sizeof(*options));
}

int rpcs_is_disabled(void) {
  static const char* const kNo[] = {"false", "0", "no", "off"};
  const char* value = getenv("USE_SIDECAR");
  if (value == NULL) {
    return 0;
  }
  for (size_t i = 0; i < sizeof(kNo) / sizeof(kNo[0]); ++i) {
    if (strcasecmp(value, kNo[i]) == 0) {
      return 1;
    }
  }
  return 0;
}

static const char* path_of(const rpcs_options* given) {
  if (given->socket_path != NULL) {
    return given->socket_path;
  }
  const char* path = getenv("RPC_SIDECAR_SOCKET");
  return path != NULL && path[0] != '\0' ? path : kDefaultPath;
}

static void fill_u32(uint32_t* value, uint32_t value_default) {
  *value = *value != 0 ? *value : value_default;
}

static void fill_size(size_t* value, size_t value_default) {
  *value = *value != 0 ? *value : value_default;
}

static void fill_defaults(rpcs_options* owned) {
  fill_u32(&owned->connect_timeout_ms, kConnectTimeoutMs);
  fill_u32(&owned->call_deadline_ms, kCallDeadlineMs);
  fill_u32(&owned->reconnect_wait_ms, kReconnectWaitMs);
  fill_u32(&owned->reconnect_wait_ms_max, kReconnectWaitMsMax);
  fill_u32(&owned->calls_max, kCallsMax);
  fill_u32(&owned->subscriptions_max, kSubscriptionsMax);
  fill_u32(&owned->keepalive_ms, kKeepaliveMs);
  fill_size(&owned->queue_bytes_max, (size_t)64 * kMiB);
  fill_size(&owned->reply_bytes_max, (size_t)256 * kMiB);
  fill_size(&owned->assembly_bytes_max, (size_t)512 * kMiB);
}

rpcs_status rpcs_options_copy(const rpcs_options* given, rpcs_options* owned, const char** error) {
  rpcs_options none;
  rpcs_options_init(&none);
  given = given != NULL ? given : &none;
  const char* path = path_of(given);
  const size_t path_length = strlen(path);
  if (path_length == 0 || path_length > RPCS_PATH_BYTES_MAX) {
    *error = path_length == 0 ? "the socket path is empty" : "the socket path exceeds 107 bytes";
    return RPCS_E_INVALID;
  }
  if (given->calls_max > kCallsMaxLimit) {
    *error = "calls_max exceeds 1048576";
    return RPCS_E_INVALID;
  }
  if (given->subscriptions_max > kSubscriptionsMaxLimit) {
    *error = "subscriptions_max exceeds 1048576";
    return RPCS_E_INVALID;
  }
  *owned = *given;
  fill_defaults(owned);
  owned->error_text = NULL; /* the caller's, for rpcs_connect alone */
  owned->error_size = 0;
  owned->socket_path = strdup(path);
  owned->client_name = strdup(given->client_name != NULL ? given->client_name : kDefaultName);
  owned->chain = given->chain != NULL ? strdup(given->chain) : NULL;
  if (owned->socket_path == NULL || owned->client_name == NULL ||
      (given->chain != NULL && owned->chain == NULL)) {
    rpcs_options_free(owned);
    *error = "out of memory";
    return RPCS_E_NOMEM;
  }
  *error = "";
  return RPCS_OK;
}

void rpcs_options_free(rpcs_options* owned) {
  free((char*)owned->socket_path);
  free((char*)owned->client_name);
  free((char*)owned->chain);
  rpcs_options_init(owned);
}

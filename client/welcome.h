#ifndef RPCS_WELCOME_H
#define RPCS_WELCOME_H

#include <stddef.h>
#include <stdint.h>

#include "client/rpcsidecar.h"

typedef struct rpcs_chain {
  char* name;
  uint16_t number;
} rpcs_chain;

/* What a sidecar said of itself in WELCOME: the chains and the limits a client must keep.
 * Units: bytes, calls; 0 when the sidecar did not say. */
typedef struct rpcs_welcome {
  rpcs_chain* chains;
  size_t chain_count;
  size_t chain_capacity;
  uint64_t frame_bytes_max;
  uint64_t calls_in_flight_max;
} rpcs_welcome;

/* Reads the payload of WELCOME. Unknown members are passed over.
 * RPCS_E_PROTOCOL: no JSON of that shape, or another version; RPCS_E_NOMEM. Then *welcome is
 * empty. */
rpcs_status rpcs_welcome_read(rpcs_welcome* welcome, const char* payload, size_t length);

/* 0: there is no chain of that name. A null name is chain 0, the sidecar's default. */
int rpcs_welcome_find(const rpcs_welcome* welcome, const char* name, uint16_t* number);

void rpcs_welcome_free(rpcs_welcome* welcome);

#endif

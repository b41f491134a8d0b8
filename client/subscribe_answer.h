#ifndef RPCS_SUBSCRIBE_ANSWER_H
#define RPCS_SUBSCRIBE_ANSWER_H

#include <stddef.h>

#include "proto/frame.h"

/* Reads what a sidecar answers to SUBSCRIBE, and with what it ends a subscription. */

/* {"epoch":E,"seq":N}; 0: it is something else, and *at is untouched. */
int rpcs_read_position(const char* payload, size_t length, rpcs_event_head* at);

/* What an error object leads to. */
typedef enum rpcs_refusal {
  RPCS_REFUSAL_FINAL, /* a provider's own error too, and what is no error object */
  RPCS_REFUSAL_AGAIN, /* the same SUBSCRIBE may well succeed later, or on another connection */
  RPCS_REFUSAL_GAP    /* SUB_GAP */
} rpcs_refusal;
rpcs_refusal rpcs_read_refusal(const char* payload, size_t length);

#endif

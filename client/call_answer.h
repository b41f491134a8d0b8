#ifndef RPCS_CALL_ANSWER_H
#define RPCS_CALL_ANSWER_H

#include <stddef.h>

/* 1: the error object says that a sidecar which is going down has done nothing about the call. */
int rpcs_is_turned_away(const char* payload, size_t length);

#endif

#ifndef RPCS_OPTIONS_H
#define RPCS_OPTIONS_H

#include "client/rpcsidecar.h"

/* What the environment and rpcs_options say, with every default filled in and every text owned. */

enum { RPCS_PATH_BYTES_MAX = 107 }; /* sun_path less its zero byte */

/* Whether USE_SIDECAR tells workers to leave the sidecar alone. */
int rpcs_is_disabled(void);

/* given may be null. On failure *error (never null) says why and *owned needs no freeing. */
rpcs_status rpcs_options_copy(const rpcs_options* given, rpcs_options* owned, const char** error);

void rpcs_options_free(rpcs_options* owned);

#endif

#include "client/rpcsidecar.h"

const char* rpcs_status_text(rpcs_status status) {
  switch (status) {
    case RPCS_OK:
      return "ok";
    case RPCS_E_DISABLED:
      return "the sidecar is switched off by USE_SIDECAR";
    case RPCS_E_NO_SIDECAR:
      return "no sidecar serves the socket";
    case RPCS_E_TIMEOUT:
      return "the deadline passed";
    case RPCS_E_LOST:
      return "the connection ended after the call was sent";
    case RPCS_E_CLOSED:
      return "closed or cancelled";
    case RPCS_E_PROTOCOL:
      return "the other end does not keep the protocol, or refused the connection";
    case RPCS_E_TOO_LARGE:
      return "the call or its answer is too large";
    case RPCS_E_LIMIT:
      return "a limit of the client is met";
    case RPCS_E_NOMEM:
      return "out of memory";
    case RPCS_E_INVALID:
      return "an argument is wrong, or there is no such chain";
    case RPCS_E_FORKED:
      return "the handle belongs to another process";
    case RPCS_E_REFUSED:
      return "the sidecar refused the subscription or ended it";
    case RPCS_E_GAP:
      return "events were missed";
    case RPCS_E_ENDED:
      return "the subscription has ended with its last event";
  }
  return "unknown status";
}

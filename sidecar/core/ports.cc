#include "core/ports.h"

namespace sidecar {

std::string_view attempt_kind_name(AttemptKind kind) {
  switch (kind) {
    case AttemptKind::kFirst:
      return "first";
    case AttemptKind::kRetry:
      return "retry";
    case AttemptKind::kHedge:
      return "hedge";
    case AttemptKind::kBroadcast:
      return "broadcast";
    case AttemptKind::kProbe:
      return "probe";
    case AttemptKind::kFeed:
      return "feed";
  }
  return "";
}

}  // namespace sidecar

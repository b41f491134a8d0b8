#include "core/feed_types.h"

namespace sidecar {

std::string_view gap_reason_name(GapReason reason) {
  switch (reason) {
    case GapReason::kFillLimit:
      return "fill_limit";
    case GapReason::kUnfillable:
      return "unfillable";
    case GapReason::kNoAnswer:
      return "no_answer";
    case GapReason::kReorg:
      return "reorg";
    case GapReason::kResume:
      return "resume";
  }
  return "";
}

}  // namespace sidecar

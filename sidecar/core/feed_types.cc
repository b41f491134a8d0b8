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

std::string_view source_change_name(SourceChange change) {
  switch (change) {
    case SourceChange::kLive:
      return "live";
    case SourceChange::kRefused:
      return "refused";
    case SourceChange::kLost:
      return "lost";
    case SourceChange::kDropped:
      return "dropped";
    case SourceChange::kStalled:
      return "stalled";
    case SourceChange::kRetired:
      return "retired";
  }
  return "";
}

}  // namespace sidecar

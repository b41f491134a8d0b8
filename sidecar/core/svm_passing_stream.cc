#include "core/svm_passing_stream.h"

#include <functional>
#include <string>
#include <utility>

#include "rpc/json_walk.h"
#include "rpc/svm_event_facts.h"

namespace sidecar {

void SvmPassingStream::begin_catch_up() {
  if (why() == CatchUp::kPoll) {
    doubt_source();  // there is no way but by events
    return;
  }
  if (std::exchange(is_begun_, true) && why() == CatchUp::kNewSource) {
    out_.gap(GapReason::kUnfillable, "");
  }
  caught_up();
}

void SvmPassingStream::take(std::string_view value) {
  if (json_first_byte(value) != '{') {
    count_bad();
    return;
  }
  const uint64_t digest =
      std::hash<std::string>()(is_timed_ ? svm_timeless(value) : std::string(value));
  if (seen_.add(std::to_string(digest))) {
    out_.deliver(value, kind());
  }
}

void SvmPassingStream::take_gap(GapReason reason) {
  if (std::exchange(is_begun_, true)) {
    out_.gap(reason, "");
  }
}

}  // namespace sidecar

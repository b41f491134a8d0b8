#include "core/hash_stream.h"

#include <utility>

#include "rpc/evm_event_facts.h"
#include "rpc/json_text.h"
#include "rpc/json_walk.h"

namespace sidecar {

void HashStream::begin_catch_up() {
  if (why() == CatchUp::kPoll) {
    if (filter_.empty()) {
      ask("eth_newPendingTransactionFilter", "[]");
    } else {
      ask("eth_getFilterChanges", "[" + filter_ + "]");
    }
    return;
  }
  if (std::exchange(is_begun_, true) && why() == CatchUp::kNewSource) {
    out_.gap(GapReason::kUnfillable, "");
  }
  caught_up();
}

void HashStream::take_answer(std::string_view result) {
  if (filter_.empty()) {
    filter_ = result;
    // A filter begins where it is made: what was pending before it is missing.
    if (std::exchange(is_begun_, true)) {
      out_.gap(GapReason::kUnfillable, "");
    }
    caught_up();
    return;
  }
  if (json_first_byte(result) != '[') {
    doubt_source();
    return;
  }
  JsonWalk walk(result);
  while (walk.next()) {
    take(walk.value());
  }
  caught_up();
}

void HashStream::take(std::string_view value) {
  const std::string_view hash = pending_hash(value);
  if (hash.empty()) {
    count_bad();
    return;
  }
  if (seen_.add(hash)) {
    out_.deliver(value, EventKind::kLive);
  }
}

}  // namespace sidecar

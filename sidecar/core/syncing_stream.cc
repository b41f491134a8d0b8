#include "core/syncing_stream.h"

namespace sidecar {

void SyncingStream::take(std::string_view value) {
  if (value != last_) {
    last_ = value;
    out_.deliver(value, kind());
  }
}

void SyncingStream::take_answer(std::string_view result) {
  if (last_.empty()) {
    last_ = result;
  } else {
    take(result);
  }
  caught_up();
}

}  // namespace sidecar

#include "net/signals.h"

#include <uv.h>

#include <utility>

namespace sidecar {

/// Freed when the last of its handles is closed.
struct Signals::Handles {
  std::vector<uv_signal_t> signals;
  OnSignal on_signal;
  size_t open = 0;
};

Signals::Signals(Loop& loop, const std::vector<int>& signals, OnSignal on_signal)
    : handles_(new Handles{std::vector<uv_signal_t>(signals.size()), std::move(on_signal),
                           signals.size()}) {
  for (size_t i = 0; i < signals.size(); ++i) {
    uv_signal_t& handle = handles_->signals[i];
    uv_signal_init(loop.raw(), &handle);
    handle.data = handles_;
    uv_signal_start(
        &handle,
        [](uv_signal_t* which, int signal) {
          static_cast<Handles*>(which->data)->on_signal(signal);
        },
        signals[i]);
    uv_unref(reinterpret_cast<uv_handle_t*>(&handle));
  }
}

Signals::~Signals() {
  for (uv_signal_t& handle : handles_->signals) {
    uv_close(reinterpret_cast<uv_handle_t*>(&handle), [](uv_handle_t* closed) {
      auto* handles = static_cast<Handles*>(closed->data);
      if (--handles->open == 0) {
        delete handles;
      }
    });
  }
}

}  // namespace sidecar

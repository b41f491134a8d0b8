#pragma once

#include <vector>

namespace sidecar {

/// Keeps libwebsockets 4.1.6 from closing somebody else's descriptor: destroying a context closes
/// its event pipe at once, and the same number again some turns later, when the pipe's watcher is
/// gone. In between a name look-up on another thread may have been given that number. Here
/// /dev/null gets it. Shape: before_create(), lws_create_context, after_create();
/// lws_context_destroy, after_destroy(). Owner: whoever owns the context. Errors: none; without
/// /proc nothing is guarded. Source: lws_destroy_event_pipe in its lib/core-net/close.c and
/// pollfd.c, and strace.
class EventPipeGuard {
 public:
  void before_create() { before_ = event_descriptors(); }
  void after_create();
  /// Of the first of the two calls that destroying takes.
  void after_destroy() const;

 private:
  static std::vector<int> event_descriptors();

  std::vector<int> before_;
  std::vector<int> pipes_;  ///< ascending
};

}  // namespace sidecar

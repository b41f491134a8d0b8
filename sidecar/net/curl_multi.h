#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "net/loop.h"

using CURL = void;
using CURLM = void;

namespace sidecar {

/// One curl multi handle driven by our loop: its sockets are polled, its timer is ours.
/// Not: it knows no request; it reports each easy handle that has come to its end.
/// Owner: HttpClient. Every easy handle is removed before it is destroyed.
class CurlMulti {
 public:
  /// `code` is a CURLcode. May add and remove handles; called on the loop, not inside run().
  using OnDone = std::function<void(CURL* easy, int code)>;
  CurlMulti(Loop& loop, uint32_t connections_max, uint32_t streams_max, OnDone on_done);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  void add(CURL* easy);
  void remove(CURL* easy);
  /// Goes on with a handle whose write callback paused it.
  void resume(CURL* easy);
  /// Moves what can move without waiting for a socket: new handles, and curl's own timeouts.
  void run();
  /// Once this handle's connection carries answers: its socket stays in the loop's poll set between
  /// requests, which spares each call seven system calls. Not before: curl closes a socket that
  /// never got so far without telling anybody.
  void keep(CURL* easy);
  /// From the callback that closes a socket, before it is closed.
  void forget(int fd);
  size_t kept_count() const { return kept_count_; }
  /// True while curl is calling back: no handle may be added or removed then.
  bool is_inside() const { return is_inside_; }
  CURLM* raw() { return multi_; }

 private:
  struct Watch;
  void watch(CURL* easy, int fd, int what);
  void unwatch(Watch* watch);
  void set_timer(long delay_ms);
  void act(int fd, int events);
  void report_done();

  Loop& loop_;
  CURLM* multi_;
  std::unique_ptr<Timer> timer_;
  OnDone on_done_;
  std::unordered_map<int, Watch*> watches_;  ///< by socket
  size_t kept_count_ = 0;
  bool is_inside_ = false;
};

}  // namespace sidecar

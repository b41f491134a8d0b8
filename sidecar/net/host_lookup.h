#pragma once

#include <functional>
#include <string>
#include <vector>

#include "net/loop.h"

namespace sidecar {

/// Turns one host's name into numbers, off the loop (libuv's threads).
/// Not: it sets no deadline; its owner does, and start() then joins the look-up that still runs, so
/// that a dead resolver is asked once, however often its owner tries.
/// Owner: whoever dials. Destroying it forgets the look-up.
class HostLookup {
 public:
  /// Numbers in the order they should be tried; empty = `what` went wrong. Never inside start().
  using OnDone = std::function<void(std::vector<std::string> addresses, const char* what)>;
  HostLookup(Loop& loop, std::string host, OnDone on_done);
  ~HostLookup();
  HostLookup(const HostLookup&) = delete;
  HostLookup& operator=(const HostLookup&) = delete;

  void start();

 private:
  struct Request;

  Loop& loop_;
  std::string host_;
  OnDone on_done_;
  Request* request_ = nullptr;
};

}  // namespace sidecar

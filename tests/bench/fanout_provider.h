#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fanout_heads.h"

namespace sidecar::testing {

/// A node that knows nothing but its chain of heads: one WebSocket that answers what a sidecar asks
/// before it trusts a provider, and tells newHeads.
/// Limits: one connection and one subscription; more of either, or the end of the connection, ends
/// the program with a message. Owner: Fanout, by value.
class FanoutProvider {
 public:
  explicit FanoutProvider(const FanoutHeads& heads);
  ~FanoutProvider();
  FanoutProvider(const FanoutProvider&) = delete;
  FanoutProvider& operator=(const FanoutProvider&) = delete;

  uint16_t port() const { return port_; }
  int listener() const { return listener_; }
  int connection() const { return connection_; }
  bool is_subscribed() const { return is_subscribed_; }

  /// The listener is readable: returns the new connection. Blocks for its request head.
  int accept();
  /// The connection is readable.
  void take();
  /// A notification to be sent with the next flush. Requires: is_subscribed().
  void tell(std::string_view header);
  void flush();

 private:
  void take_frames();
  void answer(std::string_view request);
  std::string result_of(std::string_view request);
  void append_text(std::string_view text);

  const FanoutHeads& heads_;
  int listener_ = -1;
  int connection_ = -1;
  uint16_t port_ = 0;
  bool is_subscribed_ = false;
  std::string in_;
  std::string out_;
};

}  // namespace sidecar::testing

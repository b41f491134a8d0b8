#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "calls_wire.h"

namespace sidecar::testing {

/// One subscriber's side of a connection that has greeted already (calls_wire.h): asks for newHeads
/// once, then cuts whole events off the bytes that came. Not: it holds no socket.
/// A framed one wants sequence numbers without a hole and live events only, one on a WebSocket the
/// id it was given. Errors: cut says kBad for ever, fault says why.
class FanoutWire {
 public:
  enum class Cut { kEvent, kSubscribed, kNeedMore, kBad };

  /// Requires: kFramed or kWs.
  explicit FanoutWire(Dialect dialect) : dialect_(dialect) {}

  void subscribe(std::string& out) const;
  /// Takes one message off the front of `in`; *header is set for kEvent.
  Cut cut(std::string_view& in, std::string_view* header);

  const std::string& fault() const { return fault_; }

 private:
  Cut cut_framed(std::string_view& in, std::string_view* header);
  Cut cut_ws(std::string_view& in, std::string_view* header);
  Cut take_result(std::string_view result);
  Cut take_response(std::string_view text);
  Cut bad(std::string_view what, std::string_view bytes);

  Dialect dialect_;
  bool is_subscribed_ = false;
  uint32_t epoch_ = 0;
  uint64_t seq_ = 0;    // of the last event
  std::string before_;  // of a notification: all up to its result
  std::string fault_;
};

}  // namespace sidecar::testing

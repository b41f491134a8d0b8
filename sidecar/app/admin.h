#pragma once

#include <string_view>

#include "core/ports.h"

namespace sidecar {

class StatusReport;

/// Answers the methods that are about the sidecar itself, `sidecar_*`, and hands all others on. A
/// method is one row of the table in admin.cc. Not: it changes nothing; its answers hold names and
/// figures, never addresses or keys. Owner: Daemon. Requires: what it is given outlives it.
class Admin final : public CallPort {
 public:
  Admin(CallPort& calls, DownstreamPort& downstream, const StatusReport& status)
      : calls_(calls), downstream_(downstream), status_(status) {}

  CallId submit(const Request& request) override;
  void cancel(CallId call) override { calls_.cancel(call); }
  void resume(CallId call) override { calls_.resume(call); }

 private:
  CallPort& calls_;
  DownstreamPort& downstream_;
  const StatusReport& status_;
};

}  // namespace sidecar

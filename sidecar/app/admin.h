#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "core/pool.h"
#include "core/ports.h"

namespace sidecar {

class StatusReport;

/// Answers the methods that are about the sidecar itself, `sidecar_*`, and hands all others on. A
/// method is one row of the table in admin.cc. Not: it asks nobody who he is: access_gate.h lets
/// only administrators near what is not for all. Answers hold names and figures, never addresses or
/// keys. Nothing that is changed here outlives the process. Owner: Daemon. Requires: what it is
/// given outlives it.
class Admin final : public CallPort {
 public:
  /// What the methods are about.
  struct House {
    const StatusReport& status;
    std::vector<std::unique_ptr<Pool>>& pools;
  };
  Admin(CallPort& calls, DownstreamPort& downstream, House house)
      : calls_(calls), downstream_(downstream), house_(house) {}

  /// Everybody may ask it; all other methods about the sidecar are an administrator's.
  static bool is_for_all(std::string_view method);

  CallId submit(const Request& request) override;
  void cancel(CallId call) override { calls_.cancel(call); }
  void resume(CallId call) override { calls_.resume(call); }

 private:
  CallPort& calls_;
  DownstreamPort& downstream_;
  House house_;
};

}  // namespace sidecar

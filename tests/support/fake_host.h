#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "downstream/session_host.h"
#include "net/loop.h"
#include "tests/support/fake_ports.h"

namespace sidecar::testing {

/// The house around a session under test: real loop, fake dispatcher.
class FakeHost final : public SessionHost {
 public:
  explicit FakeHost(Loop& loop) : loop_(loop) {}

  CallPort& calls() override { return fake_calls; }
  const SessionLimits& limits() const override { return session_limits; }
  const std::vector<ChainInfo>& chains() const override { return chain_infos; }
  Instant now() const override { return loop_.now() + time_ahead; }
  void on_limit(std::string_view limit) override { ++limits_met[std::string(limit)]; }
  void end_session(SessionId session, EndReason reason) override {
    ended.emplace_back(session, reason);
  }

  FakeCalls fake_calls;
  SessionLimits session_limits;
  std::vector<ChainInfo> chain_infos{{1, "ethereum", Family::kEvm, 1},
                                     {2, "solana", Family::kSvm, 0}};
  std::map<std::string, int> limits_met;
  std::vector<std::pair<SessionId, EndReason>> ended;
  Nanos time_ahead{0};

 private:
  Loop& loop_;
};

}  // namespace sidecar::testing

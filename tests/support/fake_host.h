#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "downstream/session_host.h"
#include "net/loop.h"
#include "tests/support/fake_access.h"
#include "tests/support/fake_ports.h"

namespace sidecar::testing {

/// The house around a session under test: real loop, fake dispatcher.
class FakeHost final : public SessionHost {
 public:
  explicit FakeHost(Loop& loop) : loop_(loop) {}

  CallPort& calls() override { return fake_calls; }
  SubscriptionPort& subscriptions() override { return fake_subscriptions; }
  AccessPort& access() override { return fake_access; }
  std::string new_wire_id(bool is_number) override {
    const std::string number = std::to_string(++wire_ids_);
    return is_number ? number : "\"0x" + number + "\"";
  }
  const SessionLimits& limits() const override { return session_limits; }
  const std::vector<ChainInfo>& chains() const override { return chain_infos; }
  Instant now() const override { return loop_.now() + time_ahead; }
  size_t unread_bytes() const override { return unread; }
  void on_limit(std::string_view limit) override { ++limits_met[std::string(limit)]; }
  void end_session(SessionId session, EndReason reason) override {
    ended.emplace_back(session, reason);
  }

  FakeAccess fake_access;  ///< first: calls and subscriptions have places in its quota
  FakeCalls fake_calls;
  FakeSubscriptions fake_subscriptions;
  SessionLimits session_limits;
  std::vector<ChainInfo> chain_infos{{1, "ethereum", Family::kEvm, 1},
                                     {2, "solana", Family::kSvm, 0}};
  std::map<std::string, int> limits_met;
  std::vector<std::pair<SessionId, EndReason>> ended;
  Nanos time_ahead{0};
  size_t unread = 0;

 private:
  Loop& loop_;
  int wire_ids_ = 0;
};

}  // namespace sidecar::testing

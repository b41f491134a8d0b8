#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "downstream/access_port.h"
#include "net/first_byte.h"

namespace sidecar::testing {

/// Lets everybody do everything, until the test says what is refused.
class FakeAccess final : public AccessPort {
 public:
  Visitor greet(const PeerCredentials& peer) override {
    greeted_pids.push_back(peer.pid);
    return {peer.pid > 0 ? uint16_t{1} : uint16_t{0}, peer.uid, peer.pid,
            peer.pid > 0 ? kKnownWorker : kUnknownWorker};
  }
  Visitor greeted(uint16_t user, int32_t pid) const override {
    return {user, UINT32_MAX, pid, user != 0 ? kKnownWorker : kUnknownWorker};
  }
  void rename(Visitor& visitor, std::string_view client) override {
    names.emplace_back(client);
    visitor.worker = kNamedWorker;
  }
  std::string refusal(const Visitor& visitor, Quota::Kind kind, std::string_view method,
                      ChainNumber, Quota::Place& place) override {
    asked.push_back(visitor);
    if (method == refused_method) {
      return refusal_text;
    }
    (void)quota.enter(kind, Instant(), place);
    return {};
  }

  static constexpr WorkerNumber kKnownWorker = 11;
  static constexpr WorkerNumber kUnknownWorker = 12;
  static constexpr WorkerNumber kNamedWorker = 13;

  std::string refused_method;
  std::string refusal_text = R"({"code":-32601,"message":"no"})";
  std::vector<pid_t> greeted_pids;
  std::vector<std::string> names;
  std::vector<Visitor> asked;
  Quota quota{{}};  ///< how many calls and subscriptions hold a place
};

}  // namespace sidecar::testing

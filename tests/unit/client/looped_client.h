#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/client/fake_sidecar.h"

namespace sidecar::testing {

struct Ended {
  rpcs_status status = RPCS_OK;
  bool is_error = false;
  std::string bytes;
};

/// A client in a poll(2) loop of the test's, so that one thread plays both ends in a known order.
class LoopedClient {
 public:
  explicit LoopedClient(const std::string& path, rpcs_options options = {}) {
    options.socket_path = path.c_str();
    options.connect_later = 1;
    options.reconnect_wait_ms = 1;
    options.reconnect_wait_ms_max = 2;
    REQUIRE(rpcs_connect(&options, &client_) == RPCS_OK);
  }
  LoopedClient(const LoopedClient&) = delete;
  LoopedClient& operator=(const LoopedClient&) = delete;
  ~LoopedClient() { close(); }
  void close() {
    rpcs_close(client_);
    client_ = nullptr;
  }

  uint64_t submit(const char* method, const char* params = nullptr, uint32_t deadline_ms = 0,
                  const char* chain = nullptr) {
    rpcs_request request{};
    request.method = method;
    request.params = params;
    request.deadline_ms = deadline_ms;
    request.chain = chain;
    return submit(request);
  }
  uint64_t submit(const rpcs_request& request) {
    uint64_t id = 0;
    last_submit = rpcs_submit(client_, &request, on_done, this, &id);
    return id;
  }

  /// One turn: waits for the socket, a timer or other_fd, and processes.
  void turn(int other_fd = -1) {
    pollfd polled[2] = {{rpcs_fd(client_), 0, 0}, {other_fd, POLLIN, 0}};
    const int wants = rpcs_wants(client_);
    polled[0].events = static_cast<short>(((wants & RPCS_READ) != 0 ? POLLIN : 0) |
                                          ((wants & RPCS_WRITE) != 0 ? POLLOUT : 0));
    const int timeout = rpcs_timeout_ms(client_);
    REQUIRE(::poll(polled, 2, timeout < 0 ? kPatienceMs : timeout) >= 0);
    const int ready = ((polled[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0 ? RPCS_READ : 0) |
                      ((polled[0].revents & POLLOUT) != 0 ? RPCS_WRITE : 0);
    REQUIRE(rpcs_process(client_, ready) == RPCS_OK);
  }
  template <typename Claim>
  void run_until(Claim claim, int other_fd = -1) {
    const auto begun = std::chrono::steady_clock::now();
    while (!claim()) {
      REQUIRE(std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(kPatienceMs));
      turn(other_fd);
    }
  }
  void run_until_ended(uint64_t id) {
    run_until([&] { return ended.count(id) != 0; });
  }
  /// The next connection of this client, greeted.
  FakeSession meet(FakeSidecar& sidecar, const std::string& welcome = kWelcome) {
    pollfd polled{sidecar.fd(), POLLIN, 0};
    run_until([&] { return ::poll(&polled, 1, 0) == 1; }, sidecar.fd());
    FakeSession session = sidecar.accept();
    session.greet(welcome);
    return session;
  }
  /// The next frame that the client sends there.
  Frame next_frame(FakeSession& session) {
    run_until([&] { return session.has_input(); }, session.fd());
    return session.receive();
  }

  rpcs_client* get() { return client_; }

  std::map<uint64_t, Ended> ended;
  std::vector<uint64_t> order;
  rpcs_status last_submit = RPCS_OK;

 private:
  static void on_done(void* user, uint64_t id, rpcs_status status, rpcs_reply* reply) {
    auto& self = *static_cast<LoopedClient*>(user);
    CHECK(self.ended.count(id) == 0);
    CHECK((reply != nullptr) == (status == RPCS_OK));
    Ended& end = self.ended[id];
    end.status = status;
    if (reply != nullptr) {
      end.is_error = reply->is_error != 0;
      end.bytes.assign(reply->bytes, reply->length);
      CHECK(reply->bytes[reply->length] == '\0');
    }
    self.order.push_back(id);
    rpcs_reply_free(reply);
  }

  rpcs_client* client_ = nullptr;
};

}  // namespace sidecar::testing

#pragma once

#include <string>
#include <vector>

#include "tests/unit/client/looped_client.h"

namespace sidecar::testing {

/// The payload of an EVENT.
inline std::string event_payload(uint32_t epoch, uint64_t seq, const std::string& value) {
  const rpcs_event_head head{epoch, seq};
  uint8_t bytes[RPCS_EVENT_HEAD_BYTES];
  rpcs_encode_event_head(&head, bytes);
  return std::string(reinterpret_cast<char*>(bytes), sizeof(bytes)) + value;
}

inline Frame event(uint64_t id, uint64_t seq, const std::string& value, int flags = 0,
                   uint32_t epoch = 7) {
  return {RPCS_EVENT, flags, 0, id, event_payload(epoch, seq, value)};
}

/// An event as a line: `7:42 live "a"`.
inline std::string line_of(const rpcs_event_view& view) {
  static const char* const kKinds[] = {"live", "replayed", "gap"};
  CHECK(view.bytes[view.length] == '\0');
  return std::to_string(view.epoch) + ":" + std::to_string(view.seq) + " " + kKinds[view.kind] +
         " " + std::string(view.bytes, view.length) + (view.is_last != 0 ? " last" : "");
}

using Lines = std::vector<std::string>;

inline rpcs_subscribe_request wish(const char* method, const char* params = nullptr) {
  rpcs_subscribe_request request{};
  request.method = method;
  request.params = params;
  request.subscribe_later = 1;
  return request;
}

/// A subscription with callbacks of a LoopedClient, and what it was told.
class Watched {
 public:
  Watched(LoopedClient& client, rpcs_subscribe_request request) {
    request.on_event = on_event;
    request.on_end = on_end;
    request.user = this;
    begun = rpcs_subscribe(client.get(), &request, &subscription);
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() { stop(); }
  void stop() { CHECK(rpcs_unsubscribe(std::exchange(subscription, nullptr)) == RPCS_OK); }

  rpcs_subscription* subscription = nullptr;
  rpcs_status begun = RPCS_OK;
  Lines lines;
  int end_count = 0;
  rpcs_status status = RPCS_OK;
  std::string error;
  bool unsubscribes_at_event = false;

 private:
  static void on_event(void* user, const rpcs_event_view* view) {
    auto& self = *static_cast<Watched*>(user);
    CHECK(self.end_count == 0);
    self.lines.push_back(line_of(*view));
    if (self.unsubscribes_at_event) {
      self.stop();
    }
  }
  static void on_end(void* user, rpcs_status status, const char* error) {
    auto& self = *static_cast<Watched*>(user);
    ++self.end_count;
    self.status = status;
    self.error = error;
    if (status == RPCS_E_CLOSED) {
      self.subscription = nullptr;
    }
  }
};

/// Takes the SUBSCRIBE that is to come and answers it with a position of epoch 7.
inline Frame accept_subscribe(LoopedClient& client, FakeSession& session, uint64_t seq) {
  Frame frame = client.next_frame(session);
  CHECK(frame.type == RPCS_SUBSCRIBE);
  session.result(frame.id, R"({"epoch":7,"seq":)" + std::to_string(seq) + "}");
  return frame;
}

inline rpcs_client* connect_to(const FakeSidecar& sidecar, rpcs_options options = {}) {
  options.socket_path = sidecar.path().c_str();
  options.reconnect_wait_ms = 1;
  options.reconnect_wait_ms_max = 2;
  rpcs_client* client = nullptr;
  REQUIRE(rpcs_connect(&options, &client) == RPCS_OK);
  return client;
}

/// Answers one SUBSCRIBE; its id.
inline uint64_t accept_one(FakeSession& session,
                           const std::string& position = R"({"epoch":7,"seq":0})") {
  const Frame asked = session.receive();
  CHECK(asked.type == RPCS_SUBSCRIBE);
  session.result(asked.id, position);
  return asked.id;
}

inline rpcs_subscribe_request blocking_wish() {
  rpcs_subscribe_request request = wish("slotSubscribe");
  request.subscribe_later = 0;
  request.timeout_ms = kPatienceMs;
  return request;
}

}  // namespace sidecar::testing

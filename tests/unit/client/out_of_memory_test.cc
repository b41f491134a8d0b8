#include <atomic>
#include <cstdlib>

#include "tests/unit/client/watched.h"

/* The linker leads the client's allocations here (--wrap), so that any one of them can fail. */
namespace {
thread_local long allocations_left = -1; /* until the one that fails; below 0: none does */
thread_local bool has_failed = false;

bool must_fail() {
  if (allocations_left < 0) {
    return false;
  }
  const bool fails = allocations_left == 0;
  --allocations_left;
  has_failed = has_failed || fails;
  return fails;
}
}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier): the names are the linker's
extern "C" {
void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_realloc(void* at, size_t size);
char* __real_strdup(const char* text);
char* __real_strndup(const char* text, size_t length);

void* __wrap_malloc(size_t size) {
  return must_fail() ? nullptr : __real_malloc(size);
}
void* __wrap_calloc(size_t count, size_t size) {
  return must_fail() ? nullptr : __real_calloc(count, size);
}
void* __wrap_realloc(void* at, size_t size) {
  return must_fail() ? nullptr : __real_realloc(at, size);
}
char* __wrap_strdup(const char* text) {
  return must_fail() ? nullptr : __real_strdup(text);
}
char* __wrap_strndup(const char* text, size_t length) {
  return must_fail() ? nullptr : __real_strndup(text, length);
}
}
// NOLINTEND(bugprone-reserved-identifier)

namespace sidecar::testing {

namespace {

/// Greets, and answers calls in two parts after a PING, until the client hangs up.
void serve(FakeSession session) {
  rpcs_frame frame{};
  std::string header = session.receive_bytes(RPCS_HEADER_BYTES);
  while (header.size() == RPCS_HEADER_BYTES) {
    rpcs_decode_header(reinterpret_cast<const uint8_t*>(header.data()), RPCS_PAYLOAD_MAX, &frame);
    session.receive_bytes(frame.payload_length);
    if (frame.type == RPCS_HELLO) {
      session.send({RPCS_WELCOME, 0, 0, frame.id, kWelcome});
    } else if (frame.type == RPCS_CALL) {
      session.send({RPCS_PING, 0, 0, 1, "are you there"});
      session.result(frame.id, "[" + std::string(1000, ' '), RPCS_FLAG_MORE);
      session.result(frame.id, "]");
    } else if (frame.type == RPCS_SUBSCRIBE) {
      session.result(frame.id, R"({"epoch":1,"seq":0})");
      session.send({RPCS_EVENT, 0, 0, frame.id, event_payload(1, 1, std::string(1000, ' ') + "1")});
      session.send({RPCS_EVENT, RPCS_FLAG_LAST, 0, frame.id, event_payload(1, 2, "2")});
    }
    header = session.receive_bytes(RPCS_HEADER_BYTES);
  }
}

/// Serves one client after the other until it is destroyed.
class Server {
 public:
  explicit Server(FakeSidecar& sidecar)
      : script_([this, &sidecar] {
          while (!is_done_) {
            pollfd polled{sidecar.fd(), POLLIN, 0};
            if (::poll(&polled, 1, 1) == 1) {
              serve(sidecar.accept());
            }
          }
        }) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { is_done_ = true; }

 private:
  std::atomic<bool> is_done_ = false;
  Script script_; /* last, so that it is waited for while the flag is still there */
};

rpcs_status call(rpcs_client* client) {
  rpcs_reply* reply = nullptr;
  const rpcs_status status = rpcs_call(client, "m", "[1]", 0, &reply);
  CHECK((reply != nullptr) == (status == RPCS_OK));
  rpcs_reply_free(reply);
  return status;
}

}  // namespace

TEST_CASE("rpcs_client: an allocation that fails costs at most one call, with its own status") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  const Server server(sidecar);
  rpcs_options options{};
  options.socket_path = sidecar.path().c_str();
  options.chain = "solana";
  options.connect_timeout_ms = kPatienceMs;
  options.call_deadline_ms = kPatienceMs;
  options.reconnect_wait_ms = 1;
  options.connect_later = 1;

  long count = 0;
  for (has_failed = true; has_failed; ++count) {
    CAPTURE(count);
    rpcs_client* client = nullptr;
    has_failed = false;
    allocations_left = count;
    const rpcs_status connected = rpcs_connect(&options, &client);
    const rpcs_status first = client != nullptr ? call(client) : RPCS_E_NOMEM;
    allocations_left = -1;

    CHECK(connected == (client != nullptr ? RPCS_OK : RPCS_E_NOMEM));
    CHECK((first == RPCS_OK || (has_failed && first == RPCS_E_NOMEM)));
    if (client != nullptr) {
      CHECK(call(client) == RPCS_OK);
    }
    rpcs_close(client);
  }

  CHECK(count > 15); /* or nothing was led here */
}

TEST_CASE("rpcs_subscribe: an allocation that fails costs no event") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  const Server server(sidecar);
  rpcs_options options{};
  options.socket_path = sidecar.path().c_str();
  options.reconnect_wait_ms = 1;
  options.reconnect_wait_ms_max = 2;
  rpcs_subscribe_request request{};
  request.method = "signatureSubscribe";
  request.params = R"(["x"])";
  request.timeout_ms = kPatienceMs;

  long count = 0;
  for (has_failed = true; has_failed; ++count) {
    CAPTURE(count);
    rpcs_client* client = nullptr;
    REQUIRE(rpcs_connect(&options, &client) == RPCS_OK);
    rpcs_subscription* subscription = nullptr;
    has_failed = false;
    allocations_left = count;
    const rpcs_status status = rpcs_subscribe(client, &request, &subscription);
    std::string seen;
    const rpcs_event_view* view = nullptr;
    while (subscription != nullptr &&
           rpcs_next_event(subscription, kPatienceMs, &view) == RPCS_OK) {
      seen += static_cast<char>('0' + view->seq);
    }
    allocations_left = -1;

    if (status == RPCS_OK) {
      CHECK(seen == "12");
    } else {
      CHECK(status == RPCS_E_NOMEM);
      CHECK(has_failed);
    }
    rpcs_close(client);
  }

  CHECK(count > 8); /* or nothing was led here */
}

}  // namespace sidecar::testing

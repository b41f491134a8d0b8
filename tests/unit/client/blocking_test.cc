#include <sys/time.h>

#include <atomic>
#include <csignal>

#include "tests/unit/client/fake_sidecar.h"

namespace sidecar::testing {

namespace {

rpcs_client* connect_to(const FakeSidecar& sidecar) {
  rpcs_options options{};
  options.socket_path = sidecar.path().c_str();
  options.connect_timeout_ms = kPatienceMs;
  options.call_deadline_ms = kPatienceMs;
  options.reconnect_wait_ms = 1;
  options.reconnect_wait_ms_max = 2;
  rpcs_client* client = nullptr;
  CHECK(rpcs_connect(&options, &client) == RPCS_OK);
  return client;
}

int64_t ms_since(std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               begun)
      .count();
}

/// A signal whose every arrival is counted and written to a pipe, for as long as this lives.
class CountedSignal {
 public:
  explicit CountedSignal(int number) : number_(number) {
    REQUIRE(::pipe(pipe_) == 0);
    count = 0;
    write_to = pipe_[1];
    struct sigaction action {};
    action.sa_handler = [](int) {
      const int error = errno;
      ++count;
      (void)!::write(write_to, "x", 1);
      errno = error;
    };
    REQUIRE(::sigaction(number, &action, &before_) == 0);
  }
  CountedSignal(const CountedSignal&) = delete;
  CountedSignal& operator=(const CountedSignal&) = delete;
  ~CountedSignal() {
    ::sigaction(number_, &before_, nullptr);
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }
  /// Waits for one arrival.
  void await() const {
    char byte = 0;
    while (::read(pipe_[0], &byte, 1) < 0 && errno == EINTR) {
    }
  }

  static std::atomic<int> count;

 private:
  static std::atomic<int> write_to;
  int number_;
  int pipe_[2] = {-1, -1};
  struct sigaction before_ {};
};
std::atomic<int> CountedSignal::count{0};
std::atomic<int> CountedSignal::write_to{-1};

void block_alarm() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGALRM);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

TEST_CASE("rpcs_call: waits for the answer, a result or an error") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    session.result(session.receive().id, R"("0x12d687")");
    session.error(session.receive().id, R"({"code":-32601})");
  });
  rpcs_client* client = connect_to(sidecar);
  rpcs_reply* first = nullptr;
  rpcs_reply* second = nullptr;

  CHECK(rpcs_call(client, "eth_blockNumber", "[]", 0, &first) == RPCS_OK);
  CHECK(rpcs_call(client, "eth_nothing", nullptr, 0, &second) == RPCS_OK);

  REQUIRE(first != nullptr);
  CHECK(!first->is_error);
  CHECK(std::string(first->bytes, first->length) == R"("0x12d687")");
  REQUIRE(second != nullptr);
  CHECK(second->is_error);
  CHECK(std::string(second->bytes) == R"({"code":-32601})");
  rpcs_reply_free(first);
  rpcs_reply_free(second);
  rpcs_reply_free(nullptr);
  rpcs_close(client);
}

TEST_CASE("rpcs_call_on: names the chain of one call") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    const Frame call = session.receive();
    session.result(call.id, std::to_string(call.chain));
  });
  rpcs_client* client = connect_to(sidecar);
  rpcs_request request{};
  request.method = "getSlot";
  request.chain = "solana";
  rpcs_reply* reply = nullptr;

  CHECK(rpcs_call_on(client, &request, &reply) == RPCS_OK);

  REQUIRE(reply != nullptr);
  CHECK(std::string(reply->bytes) == "2");
  rpcs_reply_free(reply);
  rpcs_close(client);
}

TEST_CASE("rpcs_call: a long answer in many parts comes back whole") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  std::string expected;
  for (int i = 0; expected.size() < 5000000; ++i) {
    expected += std::to_string(i) + ",";
  }
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    const uint64_t id = session.receive().id;
    for (size_t at = 0; at < expected.size(); at += 65536) {
      const bool is_last = at + 65536 >= expected.size();
      session.result(id, expected.substr(at, 65536), is_last ? 0 : RPCS_FLAG_MORE);
    }
  });
  rpcs_client* client = connect_to(sidecar);
  rpcs_reply* reply = nullptr;

  CHECK(rpcs_call(client, "debug_traceBlock", "[]", 0, &reply) == RPCS_OK);

  REQUIRE(reply != nullptr);
  CHECK((std::string(reply->bytes, reply->length) == expected));
  rpcs_reply_free(reply);
  rpcs_close(client);
}

TEST_CASE("rpcs_call: returns by its deadline when the sidecar hangs") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    session.receive_bytes(1 << 20); /* and no answer, until the client hangs up */
  });
  rpcs_client* client = connect_to(sidecar);
  rpcs_reply* reply = nullptr;
  const auto begun = std::chrono::steady_clock::now();

  const rpcs_status status = rpcs_call(client, "m", nullptr, 50, &reply);

  CHECK(status == RPCS_E_TIMEOUT);
  CHECK(reply == nullptr);
  CHECK(ms_since(begun) >= 49);
  CHECK(ms_since(begun) < kPatienceMs / 2);
  rpcs_close(client);
}

TEST_CASE("rpcs_call: waits for a sidecar that restarts, and makes the call there") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  std::atomic<bool> is_first_gone = false;
  Script script([&] {
    sidecar.accept().greet();
    sidecar.stop();
    is_first_gone = true;
    is_first_gone.notify_all();
    sidecar.listen();
    FakeSession session = sidecar.accept();
    session.greet();
    session.result(session.receive().id, "1");
  });
  rpcs_client* client = connect_to(sidecar);
  is_first_gone.wait(false);
  rpcs_reply* reply = nullptr;

  CHECK(rpcs_call(client, "m", nullptr, 0, &reply) == RPCS_OK);

  CHECK(reply != nullptr);
  rpcs_reply_free(reply);
  rpcs_close(client);
}

TEST_CASE("rpcs_call: a GOAWAY that came between two calls costs neither") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  std::atomic<bool> has_said_goaway = false;
  Script script([&] {
    FakeSession old = sidecar.accept();
    old.greet();
    old.result(old.receive().id, "1");
    old.send({RPCS_GOAWAY, 0, 0, 0, R"({"reason":"shutting down","deadline_ms":0})"});
    has_said_goaway = true;
    has_said_goaway.notify_all();
    FakeSession session = sidecar.accept();
    session.greet();
    session.result(session.receive().id, "2");
    CHECK(old.receive_bytes(1).empty()); /* nothing was sent after GOAWAY */
  });
  rpcs_client* client = connect_to(sidecar);
  rpcs_reply* first = nullptr;
  rpcs_reply* second = nullptr;

  CHECK(rpcs_call(client, "m", nullptr, 0, &first) == RPCS_OK);
  has_said_goaway.wait(false);
  CHECK(rpcs_call(client, "m", nullptr, 0, &second) == RPCS_OK);

  REQUIRE(second != nullptr);
  CHECK(std::string(second->bytes) == "2");
  rpcs_reply_free(first);
  rpcs_reply_free(second);
  rpcs_close(client);
}

TEST_CASE("rpcs_call: a storm of signals neither fails nor prolongs a call") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  CountedSignal alarm(SIGALRM);
  Script script([&] {
    block_alarm(); /* so that the waiting thread gets them */
    FakeSession session = sidecar.accept();
    session.greet();
    const uint64_t id = session.receive().id;
    for (int i = 0; i < 20; ++i) {
      alarm.await();
    }
    session.result(id, "1");
    session.receive_bytes(1 << 20);
  });
  const itimerval every_ms{{0, 1000}, {0, 1000}};
  REQUIRE(::setitimer(ITIMER_REAL, &every_ms, nullptr) == 0);
  rpcs_client* client = connect_to(sidecar);
  rpcs_reply* reply = nullptr;

  CHECK(rpcs_call(client, "m", nullptr, 0, &reply) == RPCS_OK);
  const auto begun = std::chrono::steady_clock::now();
  rpcs_reply* none = nullptr;
  CHECK(rpcs_call(client, "m", nullptr, 30, &none) == RPCS_E_TIMEOUT);

  CHECK(ms_since(begun) >= 29);
  CHECK(ms_since(begun) < kPatienceMs / 2);
  CHECK(CountedSignal::count >= 20);
  const itimerval off{};
  ::setitimer(ITIMER_REAL, &off, nullptr);
  rpcs_reply_free(reply);
  rpcs_close(client);
}

TEST_CASE("rpcs_call: writing to a sidecar that has gone raises no SIGPIPE") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  const CountedSignal pipe_signal(SIGPIPE);
  rpcs_client* client = nullptr;
  {
    Script script([&] { sidecar.accept().greet(); });
    client = connect_to(sidecar);
  }
  sidecar.stop();
  rpcs_request request{};
  request.method = "m";
  const auto on_done = [](void* user, uint64_t, rpcs_status status, rpcs_reply*) {
    *static_cast<rpcs_status*>(user) = status;
  };
  rpcs_status status = RPCS_OK;
  REQUIRE(rpcs_submit(client, &request, on_done, &status, nullptr) == RPCS_OK);

  CHECK(rpcs_process(client, RPCS_WRITE) == RPCS_OK); /* writes before it reads the end */
  CHECK(rpcs_fd(client) == -1);
  rpcs_close(client);

  CHECK(CountedSignal::count == 0);
  CHECK(status == RPCS_E_CLOSED); /* it had not left: closing is what ended it */
}

TEST_CASE("rpcs_status_text: every status has its own words") {
  std::vector<std::string> seen;
  for (int i = RPCS_OK; i <= RPCS_E_ENDED; ++i) {
    const std::string text = rpcs_status_text(static_cast<rpcs_status>(i));
    CHECK(!text.empty());
    CHECK(std::find(seen.begin(), seen.end(), text) == seen.end());
    seen.push_back(text);
  }
}

}  // namespace sidecar::testing

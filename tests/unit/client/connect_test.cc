#include <sys/wait.h>

#include <cstdlib>
#include <optional>

#include "tests/unit/client/looped_client.h"

namespace sidecar::testing {

namespace {

/// A variable of the environment, as it was before when this ends.
class ScopedEnv {
 public:
  ScopedEnv(const char* name, const char* value) : name_(name) {
    const char* before = std::getenv(name);
    if (before != nullptr) {
      before_ = before;
    }
    ::setenv(name, value, 1);
  }
  ScopedEnv(const ScopedEnv&) = delete;
  ScopedEnv& operator=(const ScopedEnv&) = delete;
  ~ScopedEnv() {
    if (before_) {
      ::setenv(name_, before_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

struct Connected {
  explicit Connected(const std::string& path, rpcs_options options = {}) {
    options.socket_path = path.c_str();
    options.error_text = text;
    options.error_size = sizeof(text);
    if (options.connect_timeout_ms == 0) {
      options.connect_timeout_ms = kPatienceMs;
    }
    status = rpcs_connect(&options, &client);
  }
  Connected(const Connected&) = delete;
  Connected& operator=(const Connected&) = delete;
  ~Connected() { rpcs_close(client); }

  rpcs_client* client = nullptr;
  rpcs_status status = RPCS_OK;
  char text[200] = "";
};

}  // namespace

TEST_CASE("rpcs_connect: USE_SIDECAR in any way of saying no leaves the sidecar alone") {
  TempFolder folder;
  for (const char* no : {"false", "0", "no", "off", "FALSE", "Off"}) {
    CAPTURE(no);
    const ScopedEnv env("USE_SIDECAR", no);
    const Connected connected(folder.file("s"));
    CHECK(connected.status == RPCS_E_DISABLED);
    CHECK(connected.client == nullptr);
  }
  for (const char* yes : {"true", "1", "", "yes"}) {
    CAPTURE(yes);
    const ScopedEnv env("USE_SIDECAR", yes);
    CHECK(Connected(folder.file("s")).status == RPCS_E_NO_SIDECAR);
  }
}

TEST_CASE("rpcs_connect: a missing socket and one without listener are told from a slow sidecar") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  const Connected missing(folder.file("none"));
  const int left_over = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, folder.file("dead").c_str(), sizeof(address.sun_path) - 1);
  REQUIRE(::bind(left_over, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  ::close(left_over);
  const Connected refused(folder.file("dead"));
  rpcs_options short_patience{};
  short_patience.connect_timeout_ms = 20;
  const Connected silent(sidecar.path(), short_patience);

  CHECK(missing.status == RPCS_E_NO_SIDECAR);
  CHECK(std::string(missing.text).find("No such file") != std::string::npos);
  CHECK(refused.status == RPCS_E_NO_SIDECAR);
  CHECK(std::string(refused.text).find("refused") != std::string::npos);
  CHECK(silent.status == RPCS_E_TIMEOUT);
  CHECK(std::string(silent.text).find("no greeting within 20 ms") != std::string::npos);
}

TEST_CASE("rpcs_connect: a full backlog is waited for, up to the timeout") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"), 0);
  rpcs_options later{};
  later.socket_path = sidecar.path().c_str();
  later.connect_later = 1;
  rpcs_client* filler = nullptr;
  REQUIRE(rpcs_connect(&later, &filler) == RPCS_OK); /* a backlog of 0 holds one */
  rpcs_options short_patience{};
  short_patience.connect_timeout_ms = 20;

  CHECK(Connected(sidecar.path(), short_patience).status == RPCS_E_TIMEOUT);
  {
    Script script([&] {
      FakeSession first = sidecar.accept();
      FakeSession second = sidecar.accept();
      second.greet();
      second.receive_bytes(1);
    });
    const Connected in_time(sidecar.path());
    CHECK(in_time.status == RPCS_OK);
  }
  rpcs_close(filler);
}

TEST_CASE("rpcs_connect: the path comes from the options, then RPC_SIDECAR_SOCKET; 107 bytes fit") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  const ScopedEnv env("RPC_SIDECAR_SOCKET", sidecar.path().c_str());
  Script script([&] {
    FakeSession session = sidecar.accept();
    const Frame hello = session.greet();
    CHECK(hello.payload == R"({"version":1,"client":"my \"worker\""})");
    session.receive_bytes(1);
  });
  rpcs_options options{};
  options.client_name = "my \"worker\"";
  rpcs_client* client = nullptr;

  CHECK(rpcs_connect(&options, &client) == RPCS_OK);
  CHECK(rpcs_fd(client) >= 0);
  rpcs_close(client);
  CHECK(Connected(std::string(107, 'x')).status == RPCS_E_NO_SIDECAR);
  CHECK(Connected(std::string(108, 'x')).status == RPCS_E_INVALID);
  CHECK(Connected("").status == RPCS_E_INVALID);
  CHECK(rpcs_connect(&options, nullptr) == RPCS_E_INVALID);
}

TEST_CASE("rpcs_connect: what is no sidecar of version 1 is a protocol failure with its reason") {
  struct Row {
    const char* sent;
    size_t length;
    const char* reason;
  };
  static const char kHttp[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
  const std::string refusal =
      std::string("\x00\x00\x00\x1a\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 16) +
      R"({"code":-32600)";
  const std::string version =
      std::string("\x00\x00\x00\x19\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", 16) +
      R"({"version":2})";
  const std::string call =
      std::string("\x00\x00\x00\x0c\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", 16);
  const Row rows[] = {
      {kHttp, sizeof(kHttp) - 1, "longer than the limit"},
      {refusal.data(), refusal.size(), R"({"code":-32600)"},
      {version.data(), version.size(), "no known version"},
      {call.data(), call.size(), "does not send"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.reason);
    TempFolder folder;
    FakeSidecar sidecar(folder.file("s"));
    Script script([&] {
      FakeSession session = sidecar.accept();
      session.receive();
      session.send_bytes({row.sent, row.length});
      session.receive_bytes(1);
    });
    const Connected connected(sidecar.path());
    CHECK(connected.status == RPCS_E_PROTOCOL);
    CHECK(std::string(connected.text).find(row.reason) != std::string::npos);
  }
}

TEST_CASE("rpcs_connect: a sidecar that hangs up before its greeting is no sidecar") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  Script script([&] { sidecar.accept().receive(); });

  CHECK(Connected(sidecar.path()).status == RPCS_E_NO_SIDECAR);
}

TEST_CASE("rpcs_connect: a chain that the sidecar does not have is invalid") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    session.receive_bytes(1);
  });
  rpcs_options options{};
  options.chain = "dogecoin";

  const Connected connected(sidecar.path(), options);

  CHECK(connected.status == RPCS_E_INVALID);
  CHECK(std::string(connected.text) == "the sidecar has no chain dogecoin");
}

TEST_CASE("rpcs_client: in a forked child every use says so, the parent's connection lives on") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  const uint64_t id = client.submit("m");
  client.next_frame(session);

  const pid_t child = ::fork();
  if (child == 0) {
    rpcs_reply* reply = nullptr;
    rpcs_request request{};
    request.method = "m";
    int faults = 0;
    faults += rpcs_call(client.get(), "m", nullptr, 0, &reply) != RPCS_E_FORKED;
    faults += rpcs_call_on(client.get(), &request, &reply) != RPCS_E_FORKED;
    faults += rpcs_process(client.get(), RPCS_READ) != RPCS_E_FORKED;
    faults += rpcs_cancel(client.get(), id) != RPCS_E_FORKED;
    faults += rpcs_fd(client.get()) != -1;
    faults += rpcs_wants(client.get()) != 0;
    faults += rpcs_timeout_ms(client.get()) != -1;
    faults += std::string(rpcs_last_error(client.get())).empty();
    client.close();
    faults += !client.ended.empty(); /* the callbacks are the parent's */
    ::_exit(faults);
  }
  int child_status = -1;
  REQUIRE(::waitpid(child, &child_status, 0) == child);
  session.result(id, "1");
  client.run_until_ended(id);

  CHECK(child_status == 0);
  CHECK(client.ended[id].bytes == "1");
}

}  // namespace sidecar::testing

#include "net/notify_socket.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/notify_inbox.h"
#include "tests/support/temp_folder.h"

namespace sidecar::testing {

TEST_CASE("NotifySocket: one send is one datagram, to a path and to an abstract name") {
  TempFolder folder;
  for (const std::string& address :
       {folder.file("notify"), "@rpc-sidecar-test-" + std::to_string(::getpid())}) {
    CAPTURE(address);
    const NotifyInbox inbox(address);
    const auto socket = NotifySocket::open(address);
    REQUIRE(socket.ok());

    CHECK(socket.value().send("READY=1\nSTATUS=serving"));
    CHECK(socket.value().send("WATCHDOG=1"));

    CHECK(inbox.next() == "READY=1\nSTATUS=serving");
    CHECK(inbox.next() == "WATCHDOG=1");
  }
}

TEST_CASE("NotifySocket: the longest path is taken, a longer one and other names are not") {
  const std::string path = "/" + std::string(sizeof(sockaddr_un::sun_path) - 2, 'x');

  CHECK(NotifySocket::open(path).ok());
  for (const std::string& address : {path + "x", std::string("vsock:2:1234"), std::string("@"),
                                     std::string(), std::string("relative")}) {
    CAPTURE(address);
    const auto refused = NotifySocket::open(address);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::kInvalid);
  }
}

TEST_CASE("NotifySocket: says so when nobody takes it, and never waits for room") {
  TempFolder folder;
  const std::string address = folder.file("notify");
  const auto socket = NotifySocket::open(address);
  REQUIRE(socket.ok());
  CHECK_FALSE(socket.value().send("READY=1"));

  const NotifyInbox inbox(address);
  size_t taken = 0;
  while (taken < 100'000 && socket.value().send("WATCHDOG=1")) {
    ++taken;
  }

  CHECK(taken > 0);
  CHECK(taken < 100'000);  // the queue was full, and the call came back
  inbox.drop_all();
  CHECK(socket.value().send("WATCHDOG=1"));
}

}  // namespace sidecar::testing

#include "net/event_pipe_guard.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace sidecar::testing {

TEST_CASE("EventPipeGuard: the number of a pipe that was closed is held until it is closed again") {
  EventPipeGuard guard;
  guard.before_create();
  const int pipe = ::eventfd(0, EFD_CLOEXEC);
  guard.after_create();

  ::close(pipe);
  guard.after_destroy();

  CHECK(::fcntl(pipe, F_GETFD) != -1);
  const int other = ::dup(0);
  CHECK(other != pipe);
  CHECK(::close(pipe) == 0);
  ::close(other);
}

TEST_CASE("EventPipeGuard: a pipe that is still open, and descriptors of others, are left alone") {
  EventPipeGuard guard;
  const int earlier = ::eventfd(0, EFD_CLOEXEC);
  guard.before_create();
  const int pipe = ::eventfd(0, EFD_CLOEXEC);
  guard.after_create();

  ::close(earlier);
  guard.after_destroy();

  CHECK(::fcntl(earlier, F_GETFD) == -1);
  CHECK(::close(pipe) == 0);
}

}  // namespace sidecar::testing

#include "policy/fair_queue.h"

#include <doctest/doctest.h>

#include <vector>

namespace sidecar::testing {

TEST_CASE("FairQueue: D13 one sender's flood does not delay another's one") {
  FairQueue queue(1'000);
  for (uint64_t i = 0; i < 100; ++i) {
    queue.push(1, i);
  }
  queue.push(2, 777);

  CHECK(queue.pop() == 0u);
  CHECK(queue.pop() == 777u);
  CHECK(queue.pop() == 1u);
}

TEST_CASE("FairQueue: one sender's own things stay in order") {
  FairQueue queue(10);
  std::vector<uint64_t> popped;
  for (uint64_t i = 0; i < 5; ++i) {
    queue.push(1, i);
  }

  while (const auto item = queue.pop()) {
    popped.push_back(*item);
  }

  CHECK(popped == std::vector<uint64_t>{0, 1, 2, 3, 4});
  CHECK(queue.size() == 0);
}

TEST_CASE("FairQueue: a sender that may not go keeps its place") {
  FairQueue queue(10);
  queue.push(1, 10);
  queue.push(2, 20);

  CHECK(queue.pop([](uint64_t sender) { return sender != 1; }) == 20u);
  CHECK_FALSE(queue.pop([](uint64_t sender) { return sender != 1; }).has_value());
  CHECK(queue.size() == 1);
  CHECK(queue.pop() == 10u);
}

TEST_CASE("FairQueue: size_max is over all senders") {
  FairQueue queue(2);

  CHECK(queue.push(1, 1));
  CHECK(queue.push(2, 2));
  CHECK_FALSE(queue.push(3, 3));
  queue.pop();
  CHECK(queue.push(3, 3));
}

}  // namespace sidecar::testing

#include "policy/slow_consumer.h"

#include <doctest/doctest.h>

namespace sidecar::testing {

namespace {

using Room = SlowConsumer::Room;

constexpr Instant kStart{std::chrono::hours(1)};

struct At {
  Instant instant;
  Instant now() const { return instant; }
};

/// Soft bound 100 bytes for a second, hard bound 1,000; all together 5,000, with a share of 20.
SlowConsumer make_consumer() {
  SlowConsumerOptions options;
  options.soft_bytes = 100;
  options.soft_time = Millis(1'000);
  options.hard_bytes = 1'000;
  options.all_bytes_max = 5'000;
  options.share_bytes = 20;
  return SlowConsumer(options);
}

}  // namespace

TEST_CASE("SlowConsumer: bounds belong to the better side") {
  const struct {
    size_t queued;
    size_t all;
    Room room;
  } rows[] = {{0, 0, Room::kSend},
              {100, 100, Room::kSend},
              {101, 101, Room::kFull},
              {1'000, 1'000, Room::kFull},
              {1'001, 1'001, Room::kOverflow},
              {SIZE_MAX, SIZE_MAX, Room::kOverflow}};
  for (const auto& row : rows) {
    CAPTURE(row.queued);
    CHECK(make_consumer().on_event(row.queued, row.all, At{kStart}) == row.room);
  }
}

TEST_CASE("SlowConsumer: over the soft bound for soft_time is an overflow") {
  SlowConsumer consumer = make_consumer();

  CHECK(consumer.on_event(101, 101, At{kStart}) == Room::kFull);
  CHECK(consumer.on_event(500, 500, At{kStart + Millis(999)}) == Room::kFull);
  CHECK(consumer.on_event(101, 101, At{kStart + Millis(1'000)}) == Room::kOverflow);
}

TEST_CASE("SlowConsumer: who has read starts anew") {
  SlowConsumer consumer = make_consumer();
  consumer.on_event(101, 101, At{kStart});

  CHECK(consumer.on_event(100, 100, At{kStart + Millis(500)}) == Room::kSend);
  CHECK(consumer.on_event(101, 101, At{kStart + Millis(1'200)}) == Room::kFull);
  CHECK(consumer.on_event(101, 101, At{kStart + Millis(2'199)}) == Room::kFull);
  CHECK(consumer.on_event(101, 101, At{kStart + Millis(2'200)}) == Room::kOverflow);
}

TEST_CASE("SlowConsumer: a clock that goes back is no time passed") {
  SlowConsumer consumer = make_consumer();
  consumer.on_event(101, 101, At{kStart});

  CHECK(consumer.on_event(101, 101, At{kStart - Millis(5'000)}) == Room::kFull);
}

TEST_CASE("SlowConsumer: when all together have too much, who has over its share is out") {
  CHECK(make_consumer().on_event(21, 5'000, At{kStart}) == Room::kSend);
  CHECK(make_consumer().on_event(21, 5'001, At{kStart}) == Room::kOverflow);
  CHECK(make_consumer().on_event(20, 5'001, At{kStart}) == Room::kSend);
  CHECK(make_consumer().on_event(0, SIZE_MAX, At{kStart}) == Room::kSend);
}

TEST_CASE("SlowConsumer: a soft bound of no time ends at once") {
  SlowConsumerOptions options;
  options.soft_bytes = 100;
  options.soft_time = Millis(0);

  CHECK(SlowConsumer(options).on_event(101, 101, At{kStart}) == Room::kOverflow);
  CHECK(SlowConsumer(options).on_event(100, 100, At{kStart}) == Room::kSend);
}

}  // namespace sidecar::testing

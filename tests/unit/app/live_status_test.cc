#include "app/live_status.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/fake_time.h"
#include "tests/support/fake_view_out.h"

namespace sidecar::testing {

namespace {

struct Watch {
  FakeTime time;
  FakeViewOut out;
  int made = 0;
  std::vector<std::string> limits;
  LiveStatus live{time, [this]() { return "{\"n\":" + std::to_string(++made) + "}"; },
                  [this](std::string_view limit) { limits.emplace_back(limit); }};

  std::string event(int number) const {
    return "event: status\ndata: {\"n\":" + std::to_string(number) + "}\n\n";
  }
};

}  // namespace

TEST_CASE("LiveStatus: a reader gets the status at once and then every second") {
  Watch watch;

  CHECK(watch.live.add(1, watch.out));
  watch.time.advance(Millis(2'500));

  CHECK(watch.out.got[1].content_type == "text/event-stream; charset=utf-8");
  CHECK(watch.out.got[1].body ==
        "retry: 2000\n\n" + watch.event(1) + watch.event(2) + watch.event(3));
}

TEST_CASE(
    "LiveStatus: the status is made once a second, however many watch, and never for nobody") {
  Watch watch;
  for (ViewId id = 1; id <= 5; ++id) {
    watch.live.add(id, watch.out);
  }
  const int made_at_first = watch.made;

  watch.time.advance(Millis(3'000));
  CHECK(watch.made == made_at_first + 3);
  for (ViewId id = 1; id <= 5; ++id) {
    watch.live.remove(id);
  }
  watch.time.advance(Millis(5'000));

  CHECK(watch.made == made_at_first + 3);
  CHECK(watch.live.reader_count() == 0);
}

TEST_CASE("LiveStatus: a reader that has not read gets no more, and is cut after its patience") {
  Watch watch;
  watch.live.add(1, watch.out);
  watch.live.add(2, watch.out);
  const size_t bytes_before = watch.out.got[1].body.size();

  watch.out.unread[1] = 1;
  watch.time.advance(LiveStatus::kPatience - Millis(500));
  CHECK(watch.out.got[1].body.size() == bytes_before);
  CHECK(watch.out.cuts.empty());
  watch.time.advance(Millis(1'000));

  CHECK(watch.out.cuts == std::vector<ViewId>{1});
  CHECK(watch.limits == std::vector<std::string>{"status_reader_stalled"});
  CHECK(watch.live.reader_count() == 1);
  CHECK(watch.out.got[2].body.ends_with(watch.event(watch.made)));
}

TEST_CASE("LiveStatus: a slow reader that reads in the end stays, and gets the newest status") {
  Watch watch;
  watch.live.add(1, watch.out);

  for (int i = 0; i < 4; ++i) {  // longer than the patience in all, never at once
    watch.out.unread[1] = 1;
    watch.time.advance(Millis(5'000));
    watch.out.unread[1] = 0;
    watch.time.advance(Millis(1'000));
  }

  CHECK(watch.out.cuts.empty());
  CHECK(watch.live.reader_count() == 1);
  CHECK(watch.out.got[1].body.ends_with(watch.event(watch.made)));
}

TEST_CASE("LiveStatus: a reader that is found dead is forgotten") {
  Watch watch;
  watch.live.add(1, watch.out);

  watch.out.gone.insert(1);
  watch.time.advance(Millis(1'000));

  CHECK(watch.live.reader_count() == 0);
}

TEST_CASE("LiveStatus: at the end every stream ends, and none begins") {
  Watch watch;
  watch.live.add(1, watch.out);

  watch.live.end_all();
  const int made = watch.made;
  watch.time.advance(Millis(3'000));

  CHECK(watch.out.got[1].is_over);
  CHECK(watch.out.cuts.empty());
  CHECK_FALSE(watch.live.add(2, watch.out));
  CHECK(watch.made == made);
}

TEST_CASE("LiveStatus: one reader too many is turned away, and counted") {
  Watch watch;
  for (ViewId id = 1; id <= LiveStatus::kReadersMax; ++id) {
    CHECK(watch.live.add(id, watch.out));
  }

  CHECK_FALSE(watch.live.add(1'000, watch.out));

  CHECK_FALSE(watch.out.got.contains(1'000));
  CHECK(watch.limits == std::vector<std::string>{"status_readers_max"});
}

}  // namespace sidecar::testing

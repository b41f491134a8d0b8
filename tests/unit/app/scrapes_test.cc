#include "app/scrapes.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/fake_time.h"
#include "tests/support/fake_view_out.h"

namespace sidecar::testing {

namespace {

constexpr size_t kLongParts = 300;

/// A text of `part_count` parts of about 5 KB.
struct Scene {
  explicit Scene(size_t part_count) {
    metrics.set(
        Metric::kRetries, [part_count]() { return part_count; },
        [](Samples& samples, size_t part) {
          samples.add({std::string(5'000, 'x') + std::to_string(part)}, uint64_t{1});
        });
  }
  FakeViewOut::Got& open(ViewId id, bool is_head_only = false) {
    ViewRequest request;
    request.path = Scrapes::kPath;
    request.is_head_only = is_head_only;
    scrapes.open(id, request, out);
    return out.got[id];
  }

  FakeTime time;
  Metrics metrics;
  FakeViewOut out;
  std::vector<std::string> limits;
  Scrapes scrapes{metrics, time, [this](std::string_view limit) { limits.emplace_back(limit); }};
};

}  // namespace

TEST_CASE("Scrapes: a short text is one answer, at once") {
  Scene scene(1);

  const FakeViewOut::Got& got = scene.open(7);

  CHECK(got.status == 200);
  CHECK(got.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(!got.is_stream);
  CHECK(got.body == scene.metrics.text());
  CHECK(scene.scrapes.count() == 0);
}

TEST_CASE("Scrapes: a long text goes out in pieces on later turns, and is the same") {
  Scene scene(kLongParts);

  const FakeViewOut::Got& got = scene.open(7);
  const size_t first = got.body.size();

  CHECK(got.is_stream);
  CHECK(first >= Scrapes::kPieceBytes);
  CHECK(first < 2 * Scrapes::kPieceBytes);
  size_t turns = 0;
  while (!got.is_over && turns < 1'000) {
    const size_t before = got.body.size();
    scene.time.advance(Scrapes::kBetweenPieces);
    CHECK(got.body.size() - before < 2 * Scrapes::kPieceBytes);
    ++turns;
  }
  CHECK(turns > 10);
  CHECK(got.body == scene.metrics.text());
  CHECK(scene.scrapes.count() == 0);
}

TEST_CASE("Scrapes: one that reads nothing gets no more, and is cut after a while") {
  Scene scene(kLongParts);
  const FakeViewOut::Got& got = scene.open(7);
  scene.out.unread[7] = Scrapes::kUnreadMax + 1;
  const size_t before = got.body.size();

  scene.time.advance(Scrapes::kPatience - Millis(1));
  CHECK(got.body.size() == before);
  CHECK(scene.out.cuts.empty());
  scene.time.advance(Millis(2));

  CHECK(scene.out.cuts == std::vector<ViewId>{7});
  CHECK(scene.limits == std::vector<std::string>{"scrape_stalled"});
  CHECK(scene.scrapes.count() == 0);
}

TEST_CASE("Scrapes: one that reads slowly gets all of it") {
  Scene scene(kLongParts);
  const FakeViewOut::Got& got = scene.open(7);
  for (int i = 0; i < 100 && !got.is_over; ++i) {
    scene.out.unread[7] = Scrapes::kUnreadMax + 1;
    scene.time.advance(Scrapes::kPatience - Millis(10));
    scene.out.unread[7] = 0;
    scene.time.advance(Scrapes::kBetweenPieces);
  }

  CHECK(got.is_over);
  CHECK(got.body == scene.metrics.text());
  CHECK(scene.out.cuts.empty());
}

TEST_CASE("Scrapes: more than so many at once are told to come again") {
  Scene scene(kLongParts);
  for (ViewId id = 1; id <= Scrapes::kScrapesMax; ++id) {
    scene.open(id);
  }

  const FakeViewOut::Got& got = scene.open(99);

  CHECK(got.status == 503);
  CHECK(got.more == "Retry-After: 1\r\n");
  CHECK(scene.limits == std::vector<std::string>{"scrapes_max"});
  scene.time.advance(Millis(1'000));
  CHECK(scene.open(100).status == 200);
}

TEST_CASE("Scrapes: who is gone is forgotten, told or found out") {
  Scene scene(kLongParts);
  scene.open(1);
  scene.open(2);
  scene.scrapes.on_gone(1);
  scene.scrapes.on_gone(55);
  CHECK(scene.scrapes.count() == 1);
  const size_t before = scene.out.got[1].body.size();

  scene.out.gone.insert(2);
  scene.time.advance(Millis(5));

  CHECK(scene.scrapes.count() == 0);
  CHECK(scene.out.got[1].body.size() == before);
}

TEST_CASE("Scrapes: who asks for the head alone costs no text") {
  Scene scene(kLongParts);

  const FakeViewOut::Got& got = scene.open(7, true);

  CHECK(got.status == 200);
  CHECK(got.body.empty());
  CHECK(scene.scrapes.count() == 0);
}

TEST_CASE("Scrapes: only its own path is a view") {
  const Scene scene(1);

  CHECK(scene.scrapes.is_view("/metrics"));
  CHECK(!scene.scrapes.is_view("/metrics/"));
}

}  // namespace sidecar::testing

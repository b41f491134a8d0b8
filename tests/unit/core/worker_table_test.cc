#include "core/worker_table.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {

TEST_CASE("WorkerTable: a name has one number, and the number its name") {
  WorkerTable workers;
  const WorkerNumber bot = workers.number_of("bot");
  const WorkerNumber user = workers.number_of("uid:1000");

  CHECK(bot != user);
  CHECK(workers.number_of("bot") == bot);
  CHECK(workers.name_of(bot) == "bot");
  CHECK(workers.name_of(user) == "uid:1000");
  CHECK(workers.name_of(0) == "sidecar");
}

TEST_CASE("WorkerTable: past its limit, names are other") {
  WorkerTable workers;
  for (size_t i = 0; i < 2 * WorkerTable::kWorkersMax; ++i) {
    workers.number_of("bot" + std::to_string(i));
  }

  CHECK(workers.size() == WorkerTable::kWorkersMax);
  CHECK(workers.name_of(workers.number_of("one more")) == "other");
  CHECK(workers.name_of(workers.number_of("bot0")) == "bot0");
}

TEST_CASE("WorkerTable: a name is cut and made plain, whatever a worker says") {
  WorkerTable workers;
  const auto kept = [&workers](std::string_view name) {
    return workers.name_of(workers.number_of(name));
  };

  CHECK(kept("a\n\"b\\\xff c") == "a__b___c");
  CHECK(kept("") == "unknown");
  CHECK(kept(std::string(1'000, 'x')) == std::string(WorkerTable::kNameBytesMax, 'x'));
}

}  // namespace sidecar::testing

#include "core/svm_slot_memory.h"

#include <doctest/doctest.h>

namespace sidecar::testing {

TEST_CASE("SvmSlotMemory: the same text of the same slot is there once") {
  SvmSlotMemory memory(10);

  CHECK(memory.add(5, "a"));
  CHECK(memory.add(5, "b"));
  CHECK(memory.add(6, "a"));
  CHECK_FALSE(memory.add(5, "a"));
  CHECK(memory.contains(6, "a"));
  CHECK_FALSE(memory.contains(6, "b"));
}

TEST_CASE("SvmSlotMemory: over count_max the oldest slot goes, and all before it counts as seen") {
  SvmSlotMemory memory(3);
  memory.add(5, "a");
  memory.add(5, "b");
  memory.add(7, "a");
  memory.add(6, "a");

  CHECK(memory.count() == 2);
  CHECK_FALSE(memory.add(5, "c"));
  CHECK(memory.contains(4, "x"));
  CHECK(memory.add(6, "b"));
}

TEST_CASE("SvmSlotMemory: a single slot with too many begins anew and stays open") {
  SvmSlotMemory memory(2);
  memory.add(5, "a");
  memory.add(5, "b");

  CHECK(memory.add(5, "c"));
  CHECK(memory.count() == 0);
  CHECK(memory.add(5, "d"));
}

TEST_CASE("SvmSlotMemory: what is below a slot can be ruled out, and never comes back") {
  SvmSlotMemory memory(10);
  memory.add(5, "a");

  memory.forget_below(8);
  memory.forget_below(3);

  CHECK(memory.count() == 0);
  CHECK_FALSE(memory.add(7, "a"));
  CHECK(memory.add(8, "a"));
}

}  // namespace sidecar::testing

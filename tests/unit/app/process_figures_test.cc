#include "app/process_figures.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temp_folder.h"

namespace sidecar::testing {

TEST_CASE("ProcessFigures: of this process they are likely ones") {
  const ProcessFigures figures = process_figures();

  REQUIRE(figures.resident_bytes);
  CHECK(*figures.resident_bytes > 1'000'000);
  CHECK(figures.processor_time > Nanos(0));
  REQUIRE(figures.fds_max);
  CHECK(*figures.fds_max >= 3);
}

TEST_CASE("ProcessFigures: one more open file is one more, where the kernel tells") {
  const auto before = process_figures().open_fds;
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const auto after = process_figures().open_fds;
  ::close(fd);

  CHECK(before.has_value() == after.has_value());
  CHECK(after.value_or(1) == before.value_or(0) + 1);
}

TEST_CASE("ProcessFigures: what the kernel does not tell is absent") {
  const TempFolder folder;

  const ProcessFigures nothing = process_figures(folder.file("none"));
  CHECK(!nothing.resident_bytes);
  CHECK(!nothing.open_fds);

  std::filesystem::create_directory(folder.file("self"));
  std::ofstream(folder.file("self/statm")) << "no figures\n";
  CHECK(!process_figures(folder.file("self")).resident_bytes);
}

TEST_CASE("ProcessFigures: resident memory is counted in pages") {
  const TempFolder folder;
  std::ofstream(folder.file("statm")) << "900 17 3 1 0 5 0\n";

  CHECK(process_figures(folder.file("")).resident_bytes ==
        17 * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)));
}

}  // namespace sidecar::testing

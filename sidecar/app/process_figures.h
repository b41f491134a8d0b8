#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"

namespace sidecar {

/// What the kernel tells of this process; what it does not tell is absent. Costs a few system
/// calls, whatever the number of descriptors.
struct ProcessFigures {
  std::optional<uint64_t> resident_bytes;
  Nanos processor_time{0};           ///< user and system
  std::optional<uint64_t> open_fds;  ///< from Linux 6.2 on
  std::optional<uint64_t> fds_max;   ///< absent: any number
};

/// `self`: the folder /proc/self, or a test's.
ProcessFigures process_figures(const std::string& self = "/proc/self");

}  // namespace sidecar

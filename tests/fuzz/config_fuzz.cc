// Any bytes as a configuration: no crash, and no secret in what people get to read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/check.h"
#include "config/config_printer.h"
#include "config/load_config.h"
#include "config/toml_source.h"

namespace {

// Long and odd enough that no input holds it by chance.
constexpr std::string_view kCanary = "c4n4ry-Zq7";

bool holds_canary(std::string_view text) {
  return text.find(kCanary) != std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t length) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), length);
  if (holds_canary(text)) {
    return 0;
  }
  const std::string canary(kCanary);
  const sidecar::Environment environment = {{"KEY", canary},
                                            {"URL", "https://" + canary + ".net/" + canary},
                                            {"N", canary + "\n\xff"},
                                            {"T", "5s"}};
  const sidecar::LoadedConfig loaded = sidecar::load_config_text(text, "f.toml", environment);
  for (const sidecar::ConfigFault& fault : loaded.faults) {
    CHECK(!holds_canary(to_text(fault)));
  }
  const std::string printed = print_resolved(loaded.config);
  CHECK(!holds_canary(printed));
  sidecar::FaultList faults("printed");
  CHECK(sidecar::parse_toml(printed, faults).has_value());
  return 0;
}

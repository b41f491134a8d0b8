#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace sidecar::log {

namespace {

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> only = []() {
    auto made = spdlog::stderr_logger_st("rpc-sidecar");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *only;
}

/// Bare when nothing in it could be taken for the next field, else in quotes.
void append_value(std::string& line, std::string_view value) {
  const bool is_bare =
      !value.empty() && value.find_first_of(" =\"\\\n\r\t") == std::string_view::npos;
  if (is_bare) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      line += '\\';
    }
    line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  line += '"';
}

}  // namespace

Status set_level(std::string_view name) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError}) {
    constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warn", "error"};
    if (kNames[static_cast<size_t>(level)] == name) {
      logger().set_level(level_of(level));
      return Done{};
    }
  }
  return Error{Errc::kInvalid,
               "log level \"" + std::string(name) + "\" is none of debug, info, warn, error"};
}

bool is_on(Level level) {
  return logger().should_log(level_of(level));
}

void write(Level level, std::string_view event, std::span<const Field> fields) {
  if (!is_on(level)) {
    return;
  }
  std::string line(event);
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  logger().log(level_of(level), "{}", line);
}

}  // namespace sidecar::log

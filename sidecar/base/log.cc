#include "base/log.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <utility>

#include "base/log_line.h"
#include "base/log_writer.h"

namespace sidecar::log {

namespace {

constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 4> kFormatNames{"auto", "text", "json", "journal"};
/// A reader that takes nothing may cost a leaving process this much.
constexpr Millis kExitFlushMax{500};

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

std::string_view pattern_of(Format format) {
  switch (format) {
    case Format::kJson:
      return R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";
    case Format::kJournal:
      return "%v";
    case Format::kAuto:
    case Format::kText:
      return "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
  }
  return "%v";
}

/// Where spdlog's lines end: the writer's buffer.
class QueueSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  LogWriter writer{STDERR_FILENO};

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    line_.clear();
    formatter_->format(message, line_);
    writer.push({line_.data(), line_.size()});
  }
  void flush_() override {}

  spdlog::memory_buf_t line_;
};

/// The one log of the process. Never destroyed: the last lines come from destructors.
struct Log {
  std::shared_ptr<QueueSink> sink = std::make_shared<QueueSink>();
  spdlog::logger logger{"rpc-sidecar", sink};
  Format format = Format::kText;
  uint64_t dropped_told = 0;
};

void choose_format(Log& log, Format format) {
  log.format = format;
  if (format == Format::kAuto) {
    log.format =
        is_journal(std::getenv("JOURNAL_STREAM"), STDERR_FILENO) ? Format::kJournal : Format::kText;
  }
  log.logger.set_pattern(std::string(pattern_of(log.format)), spdlog::pattern_time_type::utc);
}

Log& the_log() {
  static Log* const only = []() {
    auto* made = new Log;
    choose_format(*made, Format::kAuto);
    std::atexit([]() { (void)flush(kExitFlushMax); });
    return made;
  }();
  return *only;
}

void write_line(Log& log, Level level, std::string_view event, std::span<const Field> fields) {
  log.logger.log(level_of(level),
                 spdlog::string_view_t(line_body(log.format, level, event, fields)));
}

/// Once there is room again, and in one line.
void tell_dropped(Log& log) {
  const uint64_t dropped = log.sink->writer.dropped();
  if (dropped > log.dropped_told) {
    const std::array<Field, 2> fields{kv("lines", dropped - log.dropped_told),
                                      kv("since_start", dropped)};
    log.dropped_told = dropped;
    write_line(log, Level::kWarn, "log_dropped", fields);
    // The line itself may have found no room: then it is no loss of its own.
    log.dropped_told += log.sink->writer.dropped() - dropped;
  }
}

}  // namespace

Status set_level(std::string_view name) {
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) {
      the_log().logger.set_level(level_of(static_cast<Level>(i)));
      return Done{};
    }
  }
  return Error{Errc::kInvalid,
               "log level \"" + std::string(name) + "\" is none of debug, info, warn, error"};
}

std::string_view level_name() {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarn}) {
    if (is_on(level)) {
      return kLevelNames[static_cast<size_t>(level)];
    }
  }
  return kLevelNames.back();
}

bool is_on(Level level) {
  return the_log().logger.should_log(level_of(level));
}

Status set_format(std::string_view name) {
  for (size_t i = 0; i < kFormatNames.size(); ++i) {
    if (kFormatNames[i] == name) {
      choose_format(the_log(), static_cast<Format>(i));
      return Done{};
    }
  }
  return Error{Errc::kInvalid,
               "log format \"" + std::string(name) + "\" is none of auto, text, json, journal"};
}

uint64_t dropped() {
  return the_log().sink->writer.dropped();
}

bool flush(Millis at_most) {
  Log& log = the_log();
  tell_dropped(log);
  return log.sink->writer.flush(at_most);
}

void write(Level level, std::string_view event, std::span<const Field> fields) {
  if (!is_on(level)) {
    return;
  }
  Log& log = the_log();
  tell_dropped(log);
  write_line(log, level, event, fields);
}

}  // namespace sidecar::log

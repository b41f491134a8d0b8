#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace sidecar::log {

enum class Level { kDebug, kInfo, kWarn, kError };

/// kAuto: kJournal when standard error is the journal's own stream, else kText.
enum class Format { kAuto, kText, kJson, kJournal };

/// One `key=value` of a line.
struct Field {
  std::string_view key;
  std::string value;
  bool is_literal = false;  ///< a number or a bool: JSON has it without quotes
};

inline Field kv(std::string_view key, std::string_view value) {
  return {key, std::string(value)};
}
/// Of bool alone: a string literal would rather be a bool than a string_view.
inline Field kv(std::string_view key, std::same_as<bool> auto value) {
  return {key, value ? "true" : "false", true};
}
template <std::integral Number>
requires(!std::same_as<Number, bool>) inline Field kv(std::string_view key, Number value) {
  return {key, std::to_string(value), true};
}
inline Field kv(std::string_view key, const Secret&) {
  return {key, "***"};
}

/// Lines go to standard error, by a thread of their own (log_writer.h): no call ever waits. Before
/// the first one is written, nothing is started. Level names: debug, info, warn, error.
/// Errors: kInvalid for another name.
Status set_level(std::string_view name);
std::string_view level_name();
bool is_on(Level level);
/// Names: auto, text, json, journal. Errors: kInvalid for another name.
Status set_format(std::string_view name);
/// Lines lost since the start; also told by a line once there is room again.
uint64_t dropped();
/// Waits for what was written to be out, no longer than `at_most`; the process does so at its exit.
bool flush(Millis at_most);
void write(Level level, std::string_view event, std::span<const Field> fields);

template <class... Fields>
void debug(std::string_view event, Fields... fields) {
  write(Level::kDebug, event, std::array<Field, sizeof...(Fields)>{std::move(fields)...});
}
template <class... Fields>
void info(std::string_view event, Fields... fields) {
  write(Level::kInfo, event, std::array<Field, sizeof...(Fields)>{std::move(fields)...});
}
template <class... Fields>
void warn(std::string_view event, Fields... fields) {
  write(Level::kWarn, event, std::array<Field, sizeof...(Fields)>{std::move(fields)...});
}
template <class... Fields>
void error(std::string_view event, Fields... fields) {
  write(Level::kError, event, std::array<Field, sizeof...(Fields)>{std::move(fields)...});
}

}  // namespace sidecar::log

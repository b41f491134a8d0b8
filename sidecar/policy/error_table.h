#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "policy/classifier.h"

namespace sidecar {

inline constexpr int64_t kAnyCode = INT64_MIN;
inline constexpr int64_t kNoBody = INT64_MIN + 1;  ///< neither code nor message came

/// What a refusal must look like and what it then means. A column left alone matches anything.
struct ErrorRow {
  Outcome outcome = Outcome::kUnknownError;
  bool is_of_vendor = false;  ///< `vendor` counts
  Vendor vendor = Vendor::kGeneric;
  int status_min = 0;  ///< 0 = any
  int status_max = 0;
  int64_t code = kAnyCode;
  /// In lower case, in the message; `^` at its head: the message begins with it.
  std::string_view text = {};
  std::string_view also = {};    ///< in the message too
  std::string_view data = {};    ///< in the data
  bool is_tracing_only = false;  ///< only for methods that replay old transactions
};

// How rows are written: what is not said matches anything.
constexpr ErrorRow on_text(Outcome outcome, std::string_view text, std::string_view also = {}) {
  ErrorRow row;
  row.outcome = outcome;
  row.text = text;
  row.also = also;
  return row;
}

constexpr ErrorRow on_code(Outcome outcome, int64_t code, std::string_view text = {},
                           std::string_view also = {}) {
  ErrorRow row = on_text(outcome, text, also);
  row.code = code;
  return row;
}

constexpr ErrorRow on_status(Outcome outcome, int from, int to, std::string_view text = {}) {
  ErrorRow row = on_text(outcome, text);
  row.status_min = from;
  row.status_max = to;
  return row;
}

constexpr ErrorRow on_data(Outcome outcome, std::string_view data) {
  ErrorRow row;
  row.outcome = outcome;
  row.data = data;
  return row;
}

constexpr ErrorRow of_vendor(Vendor vendor, ErrorRow row) {
  row.is_of_vendor = true;
  row.vendor = vendor;
  return row;
}

constexpr ErrorRow while_tracing(ErrorRow row) {
  row.is_tracing_only = true;
  return row;
}

/// The parts of a family's table, in the order in which they are searched: what the HTTP status
/// says of us and the provider; the family's own rows; what only the status is left to say.
using ErrorTable = std::array<std::span<const ErrorRow>, 3>;
ErrorTable error_table(Family family);
std::span<const ErrorRow> error_rows_evm();
std::span<const ErrorRow> error_rows_svm();

/// The first row that matches; null when none does. It lives as long as the program.
const ErrorRow* find_error_row(const Refusal& refusal);

}  // namespace sidecar

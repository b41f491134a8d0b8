#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/text_table.h"
#include "rpc/json_value.h"

namespace sidecar {

// Members of sidecar_status in a person's words. What is absent is 0, "" or "-".

std::string text_of(const JsonValue& value);
uint64_t number_of(const JsonValue& value);
std::string or_dash(const JsonValue& value);
/// "12.3k".
std::string count_or_dash(const JsonValue& value);
/// Of an endpoint: "down (breaker_opened)".
TextTable::Cell state_cell(const JsonValue& endpoint);
/// Of an endpoint, with how long until the next trial, while there is none: "open 59 s".
TextTable::Cell breaker_cell(const JsonValue& endpoint);
TextTable::Cell pause_cell(const JsonValue& endpoint);
/// Of an endpoint's light reads; `quantile` is p50, p95 or p99.
std::string latency(const JsonValue& endpoint, std::string_view quantile);
/// Of `budget_left`: of the day's and the month's bound the one that ends first, else a shorter
/// one: "99 (day)".
TextTable::Cell budget_cell(const JsonValue& left);
/// "75%".
std::string share(uint64_t part, uint64_t whole);

}  // namespace sidecar

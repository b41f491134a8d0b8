#include "core/worker_table.h"

#include <utility>

namespace sidecar {

namespace {

constexpr WorkerNumber kOther = 1;

/// A name that may stand in a log line and in a metric's label.
std::string plain(std::string_view name) {
  std::string text(name.substr(0, WorkerTable::kNameBytesMax));
  for (char& c : text) {
    const bool is_plain = c > ' ' && c <= '~' && c != '"' && c != '\\';
    c = is_plain ? c : '_';
  }
  return text.empty() ? "unknown" : text;
}

}  // namespace

WorkerTable::WorkerTable() {
  add("sidecar");
  add("other");
}

WorkerNumber WorkerTable::number_of(std::string_view name) {
  std::string text = plain(name);
  const auto known = numbers_.find(text);
  if (known != numbers_.end()) {
    return known->second;
  }
  return names_.size() < kWorkersMax ? add(std::move(text)) : kOther;
}

bool WorkerTable::has(std::string_view name) const {
  return numbers_.contains(plain(name));
}

WorkerNumber WorkerTable::add(std::string name) {
  const auto number = static_cast<WorkerNumber>(names_.size());
  numbers_.emplace(name, number);
  names_.push_back(std::move(name));
  return number;
}

}  // namespace sidecar

#include "config/config_fault.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sidecar {

std::string to_text(const ConfigFault& fault) {
  std::string text = fault.source;
  if (fault.line != 0) {
    text += ":" + std::to_string(fault.line) + ":" + std::to_string(fault.column);
  }
  if (!fault.key.empty()) {
    text += ": " + fault.key;
  }
  return text + ": " + fault.message;
}

void FaultList::add(const Location& at, std::string key, std::string message) {
  if (is_full()) {
    ++dropped_count_;
    return;
  }
  if (at.variable.empty()) {
    faults_.push_back({source_, at.line, at.column, std::move(key), std::move(message)});
  } else {
    faults_.push_back({"environment", 0, 0, at.variable, std::move(message)});
  }
}

std::vector<ConfigFault> FaultList::take() {
  const auto place = [this](const ConfigFault& fault) {
    return std::tuple(fault.source != source_, fault.line, fault.column);
  };
  std::stable_sort(
      faults_.begin(), faults_.end(),
      [&place](const ConfigFault& a, const ConfigFault& b) { return place(a) < place(b); });
  if (dropped_count_ != 0) {
    faults_.push_back({source_, 0, 0, "", std::to_string(dropped_count_) + " more faults"});
  }
  return std::exchange(faults_, {});
}

}  // namespace sidecar

#include "core/filter_table.h"

#include <cstdio>
#include <utility>

namespace sidecar {

std::string FilterTable::add(Home home) {
  while (homes_.size() >= filters_max_) {
    const auto oldest = by_use_.begin();
    homes_.erase(oldest->second);
    by_use_.erase(oldest);
  }
  char id[24];
  std::snprintf(id, sizeof(id), "\"0x%llx\"", static_cast<unsigned long long>(next_id_++));
  by_use_.emplace(++uses_, id);
  homes_.emplace(id, Entry{std::move(home), uses_});
  return id;
}

std::optional<FilterTable::Home> FilterTable::find(std::string_view id) {
  const auto found = homes_.find(std::string(id));
  if (found == homes_.end()) {
    return std::nullopt;
  }
  by_use_.erase(found->second.last_use);
  found->second.last_use = ++uses_;
  by_use_.emplace(uses_, found->first);
  return found->second.home;
}

void FilterTable::remove(std::string_view id) {
  const auto found = homes_.find(std::string(id));
  if (found != homes_.end()) {
    by_use_.erase(found->second.last_use);
    homes_.erase(found);
  }
}

}  // namespace sidecar

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace sidecar {

/// Which endpoint made which filter. Filters are state of one node, so the ids that workers see are
/// ours, and every later call that names one goes to the node that made it.
/// Limits: filters_max; the one idle for longest is forgotten (nodes drop idle filters after five
/// minutes themselves).
/// Owner: Dispatcher, by value.
/// Source: what clients poll over HTTP: eth_newFilter and its relatives.
class FilterTable {
 public:
  /// Where a filter lives.
  struct Home {
    uint16_t chain = 0;
    size_t endpoint = 0;
    std::string upstream_id;  ///< JSON lexeme, as the node gave it
  };
  FilterTable(size_t filters_max, uint64_t first_id)
      : filters_max_(filters_max), next_id_(first_id) {}

  /// Returns the worker's id: a JSON string lexeme, `"0x1f"`.
  std::string add(Home home);
  /// `id`: a JSON lexeme. None: never made here, forgotten, or removed.
  std::optional<Home> find(std::string_view id);
  void remove(std::string_view id);
  size_t size() const { return homes_.size(); }
  /// Fewer: the surplus goes as new ones come.
  void set_filters_max(size_t filters_max) { filters_max_ = filters_max; }

 private:
  struct Entry {
    Home home;
    uint64_t last_use = 0;
  };

  std::unordered_map<std::string, Entry> homes_;
  std::map<uint64_t, std::string> by_use_;
  size_t filters_max_;
  uint64_t next_id_;
  uint64_t uses_ = 0;
};

}  // namespace sidecar

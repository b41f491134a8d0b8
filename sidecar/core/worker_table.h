#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/types.h"

namespace sidecar {

/// The workers by name, numbered for counting: `uid:1000`, or what a HELLO said. Numbers are never
/// given to another name.
/// Limits: kWorkersMax names; later ones are all "other". Names are cut to kNameBytesMax and hold
/// printable ASCII without quotes only. Owner: app, for sessions.
class WorkerTable {
 public:
  static constexpr size_t kWorkersMax = 256;
  static constexpr size_t kNameBytesMax = 64;

  WorkerTable();
  /// Of a new name or one seen before; an empty one is "unknown".
  WorkerNumber number_of(std::string_view name);
  /// 0 is "sidecar". Requires: it was given by number_of.
  const std::string& name_of(WorkerNumber worker) const { return names_.at(worker); }
  bool has(std::string_view name) const;
  size_t size() const { return names_.size(); }

 private:
  WorkerNumber add(std::string name);

  std::vector<std::string> names_;
  std::unordered_map<std::string, WorkerNumber> numbers_;
};

}  // namespace sidecar

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "config/config_node.h"

namespace sidecar {

/// One thing wrong with the configuration. Never holds a secret's text.
struct ConfigFault {
  std::string source;  ///< the file's path, or "environment"
  uint32_t line = 0;   ///< 1-based; 0 = the source as a whole
  uint32_t column = 0;
  std::string key;      ///< "chain.provider.http", or a variable's name; may be empty
  std::string message;  ///< what is wrong and what would be right
};

/// `file:line:column: key: message`, without the parts that are empty.
std::string to_text(const ConfigFault& fault);

/// Gathers the faults of one load.
/// Limits: kFaultsMax are kept; the rest is counted and told in one last line.
class FaultList {
 public:
  static constexpr size_t kFaultsMax = 200;

  explicit FaultList(std::string source) : source_(std::move(source)) {}

  /// A place in the environment names its variable instead of `key`.
  void add(const Location& at, std::string key, std::string message);
  bool empty() const { return faults_.empty(); }
  /// What is added now is only counted, so its message need not be made.
  bool is_full() const { return faults_.size() == kFaultsMax; }
  const std::string& source() const { return source_; }

  /// Sorted by place; those of the environment come last.
  std::vector<ConfigFault> take();

 private:
  std::string source_;
  std::vector<ConfigFault> faults_;
  size_t dropped_count_ = 0;
};

}  // namespace sidecar

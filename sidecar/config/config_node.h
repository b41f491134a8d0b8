#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/location.h"

namespace sidecar {

struct ConfigEntry;

/// A setting as written, before its meaning is known; what the file and the environment both
/// become.
struct ConfigNode {
  enum class Kind { kString, kInteger, kFloat, kBool, kTime, kList, kTable };

  Kind kind = Kind::kTable;
  Location at;
  std::string text;                  ///< kString
  int64_t integer = 0;               ///< kInteger
  bool is_true = false;              ///< kBool
  std::vector<ConfigNode> items;     ///< kList
  std::vector<ConfigEntry> entries;  ///< kTable, in the order they were written
};

/// One `key = value` of a table.
struct ConfigEntry {
  std::string key;
  Location at;  ///< of the key
  ConfigNode value;
};

/// Null when the table has no such key.
const ConfigEntry* find_entry(const ConfigNode& table, std::string_view key);

/// "a string", "an integer", ... for fault texts.
std::string_view kind_name(ConfigNode::Kind kind);

/// Writes a setting over whatever the tree says of it; makes the section when there is none.
/// A section that is not a table stays as it is, for the reader to refuse.
void override_setting(ConfigNode& root, std::string_view section, std::string_view key,
                      ConfigNode value);

/// A string node that the environment gave.
ConfigNode string_node(std::string text, Location at);

}  // namespace sidecar

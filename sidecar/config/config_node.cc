#include "config/config_node.h"

#include <algorithm>
#include <utility>

namespace sidecar {
namespace {

ConfigEntry* find_mutable(ConfigNode& table, std::string_view key) {
  const auto found = std::find_if(table.entries.begin(), table.entries.end(),
                                  [key](const ConfigEntry& entry) { return entry.key == key; });
  return found == table.entries.end() ? nullptr : &*found;
}

void set_entry(ConfigNode& table, std::string_view key, ConfigNode value) {
  if (ConfigEntry* entry = find_mutable(table, key)) {
    entry->at = value.at;
    entry->value = std::move(value);
    return;
  }
  Location at = value.at;
  table.entries.push_back({std::string(key), std::move(at), std::move(value)});
}

}  // namespace

const ConfigEntry* find_entry(const ConfigNode& table, std::string_view key) {
  const auto found = std::find_if(table.entries.begin(), table.entries.end(),
                                  [key](const ConfigEntry& entry) { return entry.key == key; });
  return found == table.entries.end() ? nullptr : &*found;
}

std::string_view kind_name(ConfigNode::Kind kind) {
  switch (kind) {
    case ConfigNode::Kind::kString:
      return "a string";
    case ConfigNode::Kind::kInteger:
      return "an integer";
    case ConfigNode::Kind::kFloat:
      return "a fraction";
    case ConfigNode::Kind::kBool:
      return "a boolean";
    case ConfigNode::Kind::kTime:
      return "a date or time";
    case ConfigNode::Kind::kList:
      return "a list";
    case ConfigNode::Kind::kTable:
      return "a table";
  }
  return "a value";
}

void override_setting(ConfigNode& root, std::string_view section, std::string_view key,
                      ConfigNode value) {
  if (find_entry(root, section) == nullptr) {
    ConfigNode table;
    table.at = value.at;
    set_entry(root, section, std::move(table));
  }
  ConfigNode& table = find_mutable(root, section)->value;
  if (table.kind == ConfigNode::Kind::kTable) {
    set_entry(table, key, std::move(value));
  }
}

ConfigNode string_node(std::string text, Location at) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::kString;
  node.at = std::move(at);
  node.text = std::move(text);
  return node;
}

}  // namespace sidecar

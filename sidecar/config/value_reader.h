#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "config/config_fault.h"
#include "config/config_node.h"
#include "config/key_table.h"
#include "config/substitution.h"

namespace sidecar {

/// Reads one written value into the field of its row, by the row's type, range and text rule.
/// Not: it does not know sections or what goes together (config_reader.h, cross_check.h).
/// Owner: ConfigReader.  Errors: go to the fault list; the field then keeps its default.
class ValueReader {
 public:
  ValueReader(const Substitution& substitution, FaultList& faults)
      : substitution_(substitution), faults_(faults) {}

  /// Returns where in the value a substitution began, if one did.
  std::optional<size_t> read(const KeyRow& row, const ConfigNode& node, const KeyScope& scope);

 private:
  void read_bool(const KeyRow& row, const ConfigNode& node, const FieldRef& field);
  void read_number(const KeyRow& row, const ConfigNode& node, const FieldRef& field);
  void read_text(const KeyRow& row, const ConfigNode& node, const FieldRef& field);
  void read_list(const KeyRow& row, const ConfigNode& node, const FieldRef& field);
  void read_table(const KeyRow& row, const ConfigNode& node, const FieldRef& field);

  /// The string with its `${...}` replaced; null after a fault.
  std::optional<std::string> expanded(const std::string& key, const ConfigNode& node);
  /// What may stand for the value in a sentence.
  std::string shown(const KeyRow& row, const ConfigNode& node) const;
  void add_type_fault(const KeyRow& row, const ConfigNode& node);

  const Substitution& substitution_;
  FaultList& faults_;
  std::optional<size_t> substituted_at_;  // of the value being read
};

}  // namespace sidecar

#pragma once

#include <string>

#include "config/config.h"
#include "config/config_fault.h"
#include "config/config_node.h"
#include "config/key_table.h"
#include "config/substitution.h"
#include "config/value_reader.h"

namespace sidecar {

/// Walks the neutral tree by the key table and fills the typed one: every section, every key, what
/// is unknown and what is missing.
/// Not: it does not compare settings with each other (cross_check.h).
/// Limits: kListMax chains, as many providers in each, and as many access rules.
/// Owner: one load.  Errors: go to the fault list.
class ConfigReader {
 public:
  static constexpr size_t kListMax = 256;

  ConfigReader(Substitution& substitution, FaultList& faults, Config& config)
      : substitution_(substitution),
        faults_(faults),
        config_(config),
        values_(substitution, faults) {}

  void read(const ConfigNode& root);

 private:
  /// `place`: the section's key in Config::origins.
  void read_keys(const ConfigNode& table, Section section, const std::string& place,
                 const KeyScope& scope);
  void read_sections(const ConfigNode& table, Section parent, const std::string& place,
                     const KeyScope& scope);
  void read_section(const ConfigNode& table, Section section, const std::string& place,
                    const KeyScope& scope);
  void read_list(const ConfigEntry& entry, const SectionRow& row, const std::string& place,
                 const KeyScope& scope);
  void check_keys(const ConfigNode& table, Section section);
  void check_endpoints(const ConfigNode& provider);
  void add_origin(const std::string& place, const ConfigNode& node);

  Substitution& substitution_;
  FaultList& faults_;
  Config& config_;
  ValueReader values_;
};

}  // namespace sidecar

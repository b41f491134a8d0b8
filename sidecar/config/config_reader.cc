#include "config/config_reader.h"

#include <algorithm>
#include <array>

#include "config/did_you_mean.h"
#include "config/toml_text.h"

// read(root)
//  ├─ read_keys       the top's own keys first: credentials_dir serves all others
//  └─ read_sections   for each [section] and each item of [[section]]
//       └─ read_section = check_keys (unknown? missing?) + read_keys + read_sections

namespace sidecar {
namespace {

using Kind = ConfigNode::Kind;

// "[listen]", "[[chain.provider]]", "the top of the file".
std::string heading(const SectionRow& row) {
  if (row.section == Section::kTop) {
    return "the top of the file";
  }
  const std::string path(row.path);
  return row.is_list ? "[[" + path + "]]" : "[" + path + "]";
}

const SectionRow* find_section(Section parent, std::string_view name) {
  for (const SectionRow& row : section_rows()) {
    if (row.section != Section::kTop && row.parent == parent && row.name == name) {
      return &row;
    }
  }
  return nullptr;
}

std::vector<std::string_view> known_names(Section section) {
  std::vector<std::string_view> names;
  for (const KeyRow& row : key_rows()) {
    if (row.section == section) {
      names.push_back(row.name);
    }
  }
  for (const SectionRow& row : section_rows()) {
    if (row.section != Section::kTop && row.parent == section) {
      names.push_back(row.name);
    }
  }
  return names;
}

// A name as it is written in its section: `timeout`, or the heading when it is a section's.
std::string spelled(Section section, std::string_view name) {
  const SectionRow* row = find_section(section, name);
  return row == nullptr ? '"' + std::string(name) + '"' : heading(*row);
}

std::string unknown_message(Section section, std::string_view name) {
  const std::string_view singular = name.substr(0, name.size() - (name.ends_with('s') ? 1 : 0));
  if (singular != name && find_section(section, singular) != nullptr) {
    return "unknown key; did you mean " + spelled(section, singular) + "?";
  }
  for (const SectionRow& row : section_rows()) {
    const auto names = known_names(row.section);
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return find_section(row.section, name) == nullptr
                 ? "unknown key here; it belongs in " + heading(row)
                 : "unknown key here; write " + spelled(row.section, name);
    }
  }
  const auto here = known_names(section);
  std::string_view nearest = nearest_word(name, here);
  if (!nearest.empty()) {
    return "unknown key; did you mean " + spelled(section, nearest) + "?";
  }
  for (const SectionRow& row : section_rows()) {
    nearest = nearest_word(name, known_names(row.section));
    if (!nearest.empty()) {
      const std::string word = spelled(row.section, nearest);
      return "unknown key; did you mean " + word +
             (word.front() == '[' ? "" : " of " + heading(row)) + "?";
    }
  }
  std::string list;
  for (const std::string_view known : here) {
    list += (list.empty() ? "" : ", ") + std::string(known);
  }
  return "unknown key; known here: " + list;
}

KeyScope scope_of_new_item(Section section, const KeyScope& outer) {
  KeyScope scope = outer;
  if (section == Section::kChain) {
    scope.chain = &outer.config->chains.emplace_back();
  } else if (section == Section::kAccess) {
    scope.access = &outer.config->access.emplace_back();
  } else {
    scope.provider = &outer.chain->providers.emplace_back();
  }
  return scope;
}

}  // namespace

void ConfigReader::read(const ConfigNode& root) {
  read_section(root, Section::kTop, "", {.config = &config_});
}

void ConfigReader::read_section(const ConfigNode& table, Section section, const std::string& place,
                                const KeyScope& scope) {
  check_keys(table, section);
  read_keys(table, section, place, scope);
  if (section == Section::kTop) {
    substitution_.set_credentials_dir(config_.credentials_dir);
  }
  if (section == Section::kProvider) {
    check_endpoints(table);
  }
  read_sections(table, section, place, scope);
}

void ConfigReader::check_keys(const ConfigNode& table, Section section) {
  for (const ConfigEntry& entry : table.entries) {
    if (find_key(section, entry.key) == nullptr && find_section(section, entry.key) == nullptr) {
      // Looking for what was meant costs more than reading; a file of nonsense must not pay it.
      faults_.add(entry.at, key_path(section, printable(entry.key)),
                  faults_.is_full() ? "" : unknown_message(section, entry.key));
    }
  }
  for (const KeyRow& row : key_rows()) {
    if (row.section == section && row.is_required() && find_entry(table, row.name) == nullptr) {
      faults_.add(table.at, key_path(section, row.name),
                  "is missing; write " + std::string(rule_text(row.rule)));
    }
  }
  for (const SectionRow& row : section_rows()) {
    if (row.is_required && row.parent == section && find_entry(table, row.name) == nullptr) {
      faults_.add(table.at, std::string(row.path),
                  "is missing; write at least one " + heading(row));
    }
  }
}

void ConfigReader::check_endpoints(const ConfigNode& provider) {
  constexpr std::array<std::string_view, 3> kEndpoints = {"http", "ws", "ipc"};
  const bool has_one =
      std::any_of(kEndpoints.begin(), kEndpoints.end(), [&](std::string_view name) {
        const ConfigEntry* entry = find_entry(provider, name);
        return entry != nullptr &&
               !(entry->value.kind == Kind::kString && entry->value.text.empty());
      });
  if (!has_one) {
    faults_.add(provider.at, std::string(section_row(Section::kProvider).path),
                "has no endpoint; write one or more of http, ws and ipc");
  }
}

void ConfigReader::read_keys(const ConfigNode& table, Section section, const std::string& place,
                             const KeyScope& scope) {
  for (const ConfigEntry& entry : table.entries) {
    const KeyRow* row = find_key(section, entry.key);
    if (row == nullptr) {
      continue;
    }
    const std::string key_place = place + (place.empty() ? "" : ".") + entry.key;
    add_origin(key_place, entry.value);
    config_.origins[key_place].substituted_at = values_.read(*row, entry.value, scope);
  }
}

void ConfigReader::read_sections(const ConfigNode& table, Section parent, const std::string& place,
                                 const KeyScope& scope) {
  for (const ConfigEntry& entry : table.entries) {
    const SectionRow* row = find_section(parent, entry.key);
    if (row == nullptr) {
      continue;
    }
    const std::string section_place = place + (place.empty() ? "" : ".") + entry.key;
    if (row->is_list) {
      read_list(entry, *row, section_place, scope);
    } else if (entry.value.kind != Kind::kTable) {
      faults_.add(entry.value.at, std::string(row->path),
                  "is " + std::string(kind_name(entry.value.kind)) +
                      ", but must be one table; write " + heading(*row));
    } else {
      read_section(entry.value, row->section, section_place, scope);
    }
  }
}

void ConfigReader::read_list(const ConfigEntry& entry, const SectionRow& row,
                             const std::string& place, const KeyScope& scope) {
  const std::string key(row.path);
  const std::vector<ConfigNode>& items = entry.value.items;
  const bool is_tables = entry.value.kind == Kind::kList &&
                         std::all_of(items.begin(), items.end(), [](const ConfigNode& item) {
                           return item.kind == Kind::kTable;
                         });
  if (!is_tables) {
    faults_.add(entry.value.at, key,
                "is " + std::string(kind_name(entry.value.kind)) +
                    ", but must be a list of tables; write " + heading(row));
    return;
  }
  if (items.empty() || items.size() > kListMax) {
    faults_.add(entry.value.at, key,
                "has " + std::to_string(items.size()) + " items; write 1 to " +
                    std::to_string(kListMax) + " " + heading(row));
    return;
  }
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string item_place = place + "[" + std::to_string(i) + "]";
    add_origin(item_place, items[i]);
    read_section(items[i], row.section, item_place, scope_of_new_item(row.section, scope));
  }
}

void ConfigReader::add_origin(const std::string& place, const ConfigNode& node) {
  config_.origins[place].at = node.at;
}

}  // namespace sidecar

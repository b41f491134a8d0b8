#include "config/value_reader.h"

#include <limits>
#include <utility>

#include "config/quantity.h"
#include "config/text_rule.h"
#include "config/toml_text.h"

namespace sidecar {
namespace {

using Kind = ConfigNode::Kind;

// Requires: the row's range fits its field, which the table's test proves.
void set_number(const FieldRef& field, uint64_t number) {
  if (uint32_t* const* small = std::get_if<uint32_t*>(&field)) {
    **small = static_cast<uint32_t>(number);
  } else if (size_t* const* large = std::get_if<size_t*>(&field)) {
    **large = number;
  } else if (auto* const* maybe = std::get_if<std::optional<uint64_t>*>(&field)) {
    **maybe = number;
  } else {
    *std::get<Millis*>(field) = Millis(static_cast<int64_t>(number));
  }
}

void set_text(const FieldRef& field, std::string text) {
  if (Secret* const* secret = std::get_if<Secret*>(&field)) {
    **secret = Secret(std::move(text));
  } else if (Family* const* family = std::get_if<Family*>(&field)) {
    **family = text == family_name(Family::kSvm) ? Family::kSvm : Family::kEvm;
  } else {
    *std::get<std::string*>(field) = std::move(text);
  }
}

std::optional<uint64_t> parse_for(KeyType type, const std::string& text) {
  if (type == KeyType::kBytes) {
    return parse_bytes(text);
  }
  if (type == KeyType::kMode) {
    return parse_mode(text);
  }
  const auto duration = parse_duration(text);
  return duration ? std::optional<uint64_t>(static_cast<uint64_t>(duration->count()))
                  : std::nullopt;
}

std::string spelling_fault(KeyType type) {
  switch (type) {
    case KeyType::kBytes:
      return " is not a size; write a whole number and B, KiB, MiB or GiB, such as \"64MiB\"";
    case KeyType::kDuration:
      return " is not a duration; write a whole number and ms, s, m or h, such as \"5s\"";
    case KeyType::kMode:
      return " is not an octal mode; write three or four octal digits, such as \"0660\"";
    case KeyType::kBool:
    case KeyType::kInteger:
    case KeyType::kText:
    case KeyType::kTextList:
    case KeyType::kTextTable:
      return "";
  }
  return "";
}

std::string not_a_string(const ConfigNode& node) {
  return "is " + std::string(kind_name(node.kind)) + ", but must be a string";
}

bool takes_integer(KeyType type) {
  return type == KeyType::kInteger || type == KeyType::kBytes;
}

bool takes_string(KeyType type) {
  return type != KeyType::kInteger;
}

bool may_be_number(TextRule rule) {
  return rule == TextRule::kUser || rule == TextRule::kGroup;
}

}  // namespace

std::optional<size_t> ValueReader::read(const KeyRow& row, const ConfigNode& node,
                                        const KeyScope& scope) {
  substituted_at_.reset();
  const FieldRef field = row.field(scope);
  switch (row.type) {
    case KeyType::kBool:
      read_bool(row, node, field);
      break;
    case KeyType::kInteger:
    case KeyType::kBytes:
    case KeyType::kDuration:
    case KeyType::kMode:
      read_number(row, node, field);
      break;
    case KeyType::kText:
      read_text(row, node, field);
      break;
    case KeyType::kTextList:
      read_list(row, node, field);
      break;
    case KeyType::kTextTable:
      read_table(row, node, field);
      break;
  }
  return substituted_at_;
}

void ValueReader::read_bool(const KeyRow& row, const ConfigNode& node, const FieldRef& field) {
  if (node.kind != Kind::kBool) {
    add_type_fault(row, node);
    return;
  }
  *std::get<bool*>(field) = node.is_true;
}

void ValueReader::read_number(const KeyRow& row, const ConfigNode& node, const FieldRef& field) {
  const std::string key = key_path(row.section, row.name);
  std::optional<uint64_t> number;
  if (node.kind == Kind::kInteger && takes_integer(row.type)) {
    // A negative one is out of every range, like the largest.
    number = node.integer < 0 ? std::numeric_limits<uint64_t>::max()
                              : static_cast<uint64_t>(node.integer);
  } else if (node.kind == Kind::kString && takes_string(row.type)) {
    const auto text = expanded(key, node);
    if (!text) {
      return;
    }
    number = parse_for(row.type, *text);
    if (!number) {
      faults_.add(node.at, key, shown(row, node) + spelling_fault(row.type));
      return;
    }
  } else {
    add_type_fault(row, node);
    return;
  }
  if (*number < row.range.least || *number > row.range.most) {
    faults_.add(node.at, key, shown(row, node) + " is out of range; write " + type_text(row));
    return;
  }
  set_number(field, *number);
}

void ValueReader::read_text(const KeyRow& row, const ConfigNode& node, const FieldRef& field) {
  const bool is_number = row.rule == TextRule::kLogCalls && node.kind == Kind::kInteger;
  if (node.kind != Kind::kString && !is_number) {
    add_type_fault(row, node);
    return;
  }
  const std::string key = key_path(row.section, row.name);
  auto text = is_number ? std::optional(std::to_string(node.integer)) : expanded(key, node);
  if (!text) {
    return;
  }
  // Empty means "none" where that is the default, and nothing elsewhere.
  if (text->empty() && row.fallback != "\"\"") {
    faults_.add(node.at, key, "is empty; write " + std::string(rule_text(row.rule)));
    return;
  }
  const std::string fault = text_fault(row.rule, *text, shown(row, node));
  if (!fault.empty()) {
    faults_.add(node.at, key, fault);
    return;
  }
  set_text(field, std::move(*text));
}

void ValueReader::read_list(const KeyRow& row, const ConfigNode& node, const FieldRef& field) {
  if (node.kind != Kind::kList) {
    add_type_fault(row, node);
    return;
  }
  const std::string key = key_path(row.section, row.name);
  std::vector<std::string> items;
  for (const ConfigNode& item : node.items) {
    const bool is_number = item.kind == Kind::kInteger && may_be_number(row.rule);
    if (item.kind != Kind::kString && !is_number) {
      faults_.add(item.at, key, not_a_string(item));
      continue;
    }
    auto text = is_number ? std::to_string(item.integer) : expanded(key, item);
    if (!text) {
      continue;
    }
    const std::string fault = text->empty() ? "is empty; write " + std::string(rule_text(row.rule))
                                            : text_fault(row.rule, *text, shown(row, item));
    if (!fault.empty()) {
      faults_.add(item.at, key, fault);
    }
    items.push_back(std::move(*text));
  }
  *std::get<std::vector<std::string>*>(field) = std::move(items);
}

void ValueReader::read_table(const KeyRow& row, const ConfigNode& node, const FieldRef& field) {
  if (node.kind != Kind::kTable) {
    add_type_fault(row, node);
    return;
  }
  auto& pairs = *std::get<std::vector<std::pair<std::string, Secret>>*>(field);
  for (const ConfigEntry& entry : node.entries) {
    const std::string key = key_path(row.section, row.name) + "." + printable(entry.key);
    const std::string name_fault = header_fault(entry.key);
    if (!name_fault.empty()) {
      faults_.add(entry.at, key, name_fault);
    }
    if (entry.value.kind != Kind::kString) {
      faults_.add(entry.value.at, key, not_a_string(entry.value));
      continue;
    }
    auto text = expanded(key, entry.value);
    if (!text) {
      continue;
    }
    const std::string fault = text_fault(row.rule, *text, "the value");
    if (!fault.empty()) {
      faults_.add(entry.value.at, key, fault);
    }
    pairs.emplace_back(entry.key, Secret(std::move(*text)));
  }
}

std::optional<std::string> ValueReader::expanded(const std::string& key, const ConfigNode& node) {
  // The environment's own values are taken as they are: a `$` in them is a `$`.
  if (!node.at.variable.empty()) {
    return node.text;
  }
  Expanded expanded = substitution_.expand(node.text);
  if (!substituted_at_) {
    substituted_at_ = expanded.substituted_at;
  }
  for (const std::string& fault : expanded.faults) {
    faults_.add(node.at, key, fault);
  }
  if (!expanded.faults.empty()) {
    return std::nullopt;
  }
  return std::move(expanded.text);
}

std::string ValueReader::shown(const KeyRow& row, const ConfigNode& node) const {
  if (row.is_secret() || substituted_at_) {
    return "the value";
  }
  return node.kind == Kind::kInteger ? std::to_string(node.integer)
                                     : '"' + printable(node.text) + '"';
}

void ValueReader::add_type_fault(const KeyRow& row, const ConfigNode& node) {
  faults_.add(node.at, key_path(row.section, row.name),
              "is " + std::string(kind_name(node.kind)) + ", but must be " + type_text(row));
}

}  // namespace sidecar

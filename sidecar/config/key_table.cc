#include "config/key_table.h"

#include <algorithm>

#include "base/check.h"
#include "config/quantity.h"
#include "config/toml_text.h"

namespace sidecar {
namespace {

std::string range_text(const KeyRow& row) {
  return number_text(row, row.range.least) + " to " + number_text(row, row.range.most);
}

// One overload for each kind of field.
struct FieldPrinter {
  const KeyRow& row;

  std::string operator()(const bool* field) const { return *field ? "true" : "false"; }
  std::string operator()(const uint32_t* field) const { return number_text(row, *field); }
  std::string operator()(const size_t* field) const { return number_text(row, *field); }
  std::string operator()(const std::optional<uint64_t>* field) const {
    return field->has_value() ? number_text(row, **field) : "";
  }
  std::string operator()(const Millis* field) const {
    return number_text(row, static_cast<uint64_t>(field->count()));
  }
  std::string operator()(const std::string* field) const { return quoted(*field); }
  std::string operator()(const Secret* field) const { return quoted(field->reveal()); }
  std::string operator()(const Family* field) const { return quoted(family_name(*field)); }
  std::string operator()(const std::vector<std::string>* field) const {
    std::string text;
    for (const std::string& item : *field) {
      text += (text.empty() ? "" : ", ") + quoted(item);
    }
    return "[" + text + "]";
  }
  std::string operator()(const std::vector<std::pair<std::string, Secret>>* field) const {
    std::string text;
    for (const auto& [name, value] : *field) {
      text += (text.empty() ? " " : ", ") + toml_key(name) + " = " + quoted(value.reveal());
    }
    return text.empty() ? "{}" : "{" + text + " }";
  }
};

}  // namespace

const SectionRow& section_row(Section section) {
  const auto rows = section_rows();
  const auto found = std::find_if(rows.begin(), rows.end(), [section](const SectionRow& row) {
    return row.section == section;
  });
  CHECK(found != rows.end());
  return *found;
}

const KeyRow* find_key(Section section, std::string_view name) {
  const auto rows = key_rows();
  const auto found = std::find_if(rows.begin(), rows.end(), [section, name](const KeyRow& row) {
    return row.section == section && row.name == name;
  });
  return found == rows.end() ? nullptr : &*found;
}

std::string key_path(Section section, std::string_view name) {
  const std::string_view path = section_row(section).path;
  return std::string(path) + (path.empty() || name.empty() ? "" : ".") + std::string(name);
}

std::string type_text(const KeyRow& row) {
  switch (row.type) {
    case KeyType::kBool:
      return "true or false";
    case KeyType::kInteger:
      return "an integer from " + range_text(row);
    case KeyType::kBytes:
      return "a size from " + range_text(row);
    case KeyType::kDuration:
      return "a duration from " + range_text(row);
    case KeyType::kMode:
      return "an octal mode from " + range_text(row);
    case KeyType::kText:
      return "a string";
    case KeyType::kTextList:
      return "a list of strings";
    case KeyType::kTextTable:
      return "a table of strings";
  }
  return "";
}

std::string number_text(const KeyRow& row, uint64_t number) {
  switch (row.type) {
    case KeyType::kBytes:
      return quoted(format_bytes(number));
    case KeyType::kDuration:
      return quoted(format_duration(Millis(static_cast<int64_t>(number))));
    case KeyType::kMode:
      return quoted(format_mode(static_cast<uint32_t>(number)));
    case KeyType::kBool:
    case KeyType::kInteger:
    case KeyType::kText:
    case KeyType::kTextList:
    case KeyType::kTextTable:
      return std::to_string(number);
  }
  return "";
}

std::string field_text(const KeyRow& row, const KeyScope& scope) {
  return std::visit(FieldPrinter{row}, row.field(scope));
}

}  // namespace sidecar

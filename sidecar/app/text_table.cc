#include "app/text_table.h"

#include <algorithm>

namespace sidecar {

namespace {

size_t width_of(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;  // not the rest of a character
  }));
}

std::string_view escape_of(TextTable::Colour colour) {
  switch (colour) {
    case TextTable::Colour::kNone:
      return "";
    case TextTable::Colour::kGood:
      return "\033[32m";
    case TextTable::Colour::kWarn:
      return "\033[33m";
    case TextTable::Colour::kBad:
      return "\033[31m";
  }
  return "";
}

}  // namespace

std::string TextTable::text(bool is_coloured) const {
  std::vector<size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(row[i].text));
    }
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line = indent_;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(widths[i] - width_of(row[i].text), ' ');
      const bool is_left = columns_[i] == Align::kLeft;
      const std::string_view escape = is_coloured ? escape_of(row[i].colour) : "";
      line += is_left ? "" : blanks;
      line.append(escape).append(row[i].text).append(escape.empty() ? "" : "\033[0m");
      line += i + 1 == row.size() ? "" : (is_left ? blanks + "  " : "  ");
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace sidecar

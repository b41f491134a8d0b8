#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sidecar {

/// Rows of words in aligned columns, two spaces between them.
/// Units: a column is as wide as its longest cell in characters of UTF-8.
class TextTable {
 public:
  enum class Align { kLeft, kRight };
  enum class Colour { kNone, kGood, kWarn, kBad };
  struct Cell {
    std::string text;
    Colour colour = Colour::kNone;
  };

  TextTable(std::string indent, std::vector<Align> columns)
      : indent_(std::move(indent)), columns_(std::move(columns)) {}

  /// Requires: no more cells than columns.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  std::string text(bool is_coloured) const;

 private:
  std::string indent_;
  std::vector<Align> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace sidecar

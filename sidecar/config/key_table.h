#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/config.h"
#include "config/text_rule.h"

namespace sidecar {

/// A table of the file.
enum class Section {
  kTop,
  kListen,
  kHttp,
  kLimits,
  kRetry,
  kHedge,
  kTimeout,
  kBreaker,
  kCooldown,
  kProbe,
  kFeed,
  kLog,
  kShutdown,
  kCost,
  kState,
  kChain,
  kProvider,
  kAccess
};

struct SectionRow {
  Section section;
  Section parent;
  std::string_view name;  ///< the last part of its path
  std::string_view path;  ///< "chain.provider"; empty for the top of the file
  bool is_list;           ///< [[...]]
  std::string_view sentence;
  bool is_required = false;  ///< at least one must be there
};

enum class KeyType {
  kBool,
  kInteger,
  kBytes,      ///< "64MiB", or an integer of bytes
  kDuration,   ///< "250ms", "5s", "2m", "1h"
  kMode,       ///< "0660"
  kText,       ///< a string that obeys a TextRule
  kTextList,   ///< a list of such strings
  kTextTable,  ///< header = "value"
};

/// The field that a key sets.
using FieldRef = std::variant<bool*, uint32_t*, size_t*, std::optional<uint64_t>*, Millis*,
                              std::string*, Secret*, Family*, std::vector<std::string>*,
                              std::vector<std::pair<std::string, Secret>>*>;

/// What a row's field is looked up in. Null where the section has none.
struct KeyScope {
  Config* config = nullptr;
  ChainConfig* chain = nullptr;
  ProviderConfig* provider = nullptr;
  AccessConfig* access = nullptr;
};

struct KeyRange {
  uint64_t least = 0;  ///< in the base unit: 1, bytes, milliseconds, permission bits
  uint64_t most = 0;
  std::string_view unit = "";  ///< of an integer: what is counted
};

enum class KeyMark {
  kNone,
  kRequired,  ///< must be written
  kSecret,    ///< is never shown
};

/// One key: what may be written, what it means, where it goes.
struct KeyRow {
  Section section;
  std::string_view name;
  KeyType type;
  TextRule rule;
  KeyRange range;
  std::string_view fallback;  ///< the default as TOML; empty = none
  KeyMark mark;
  std::string_view sentence;
  FieldRef (*field)(const KeyScope&);

  bool is_secret() const { return mark == KeyMark::kSecret; }
  bool is_required() const { return mark == KeyMark::kRequired; }
};

/// Everything that can be configured, in the order of the reference. Adding a setting is adding a
/// field to its folder's options.h, a row here, and a line in example.toml.
std::span<const SectionRow> section_rows();
std::span<const KeyRow> key_rows();

const SectionRow& section_row(Section section);
/// Null when the section has no such key.
const KeyRow* find_key(Section section, std::string_view name);
/// "chain.provider.http", "credentials_dir".
std::string key_path(Section section, std::string_view name);

/// "an integer from 1 to 99", `a duration from 1ms to 1h, such as "5s"`.
std::string type_text(const KeyRow& row);
/// A number of the row's type as it is written: 100, "64MiB", "5s", "0660".
std::string number_text(const KeyRow& row, uint64_t number);
/// What the field holds, as TOML. Reveals secrets: printing stars them (config_printer.h).
std::string field_text(const KeyRow& row, const KeyScope& scope);

}  // namespace sidecar

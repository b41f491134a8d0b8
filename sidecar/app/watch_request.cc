#include "app/watch_request.h"

#include <algorithm>
#include <array>
#include <vector>

#include "config/did_you_mean.h"
#include "rpc/compact.h"
#include "rpc/json_text.h"
#include "rpc/scanner.h"

namespace sidecar {

namespace {

/// A short name: `method` with `first` as its first param, if there is one.
struct KindRow {
  std::string_view name;
  std::string_view method;
  std::string_view first;
  bool takes_word = false;          ///< an address or signature, which must be there
  size_t json_max = 0;              ///< further words: each a JSON value
  std::string_view json_default{};  ///< when none is given; empty = none
};

// base64 for accounts and programs: a node's default, base58, refuses data of more than 128 bytes.
constexpr std::string_view kBase64 = R"({"encoding":"base64"})";
constexpr std::array kRows = {
    KindRow{"newHeads", "eth_subscribe", "\"newHeads\""},
    KindRow{"logs", "eth_subscribe", "\"logs\"", false, 1, "{}"},
    KindRow{"newPendingTransactions", "eth_subscribe", "\"newPendingTransactions\"", false, 1},
    KindRow{"syncing", "eth_subscribe", "\"syncing\""},
    KindRow{"slot", "slotSubscribe", ""},
    KindRow{"root", "rootSubscribe", ""},
    KindRow{"vote", "voteSubscribe", ""},
    KindRow{"slotsUpdates", "slotsUpdatesSubscribe", ""},
    KindRow{"block", "blockSubscribe", "", false, 2, "\"all\""},
    KindRow{"account", "accountSubscribe", "", true, 1, kBase64},
    KindRow{"program", "programSubscribe", "", true, 1, kBase64},
    KindRow{"signature", "signatureSubscribe", "", true, 1},
};

Error invalid(const std::string& sentence) {
  return Error{Errc::kInvalid, sentence};
}

/// The first character of a sound JSON text; 0 when it is none.
char first_of(const std::string& text) {
  JsonScanner scanner;
  scanner.feed(text);
  return scanner.finish() == ScanStatus::kDone ? scanner.root().first : '\0';
}

Result<WatchRequest> of_method(std::span<const std::string> words) {
  if (words.size() > 2) {
    return invalid("unexpected argument " + words[2] + "; the params of " + words[0] +
                   " are one JSON array");
  }
  const std::string params = words.size() > 1 ? words[1] : "";
  if (!params.empty() && first_of(params) != '[') {
    return invalid("PARAMS of " + words[0] + " is no JSON array; quote it for the shell, such as " +
                   "'[\"newHeads\"]'");
  }
  return WatchRequest{words[0], params};
}

Result<WatchRequest> of_kind(const KindRow& row, std::span<const std::string> words) {
  const std::string name(row.name);
  std::vector<std::string> params;
  if (!row.first.empty()) {
    params.emplace_back(row.first);
  }
  size_t at = 0;
  if (row.takes_word) {
    if (words.empty()) {
      return invalid("expected " + name + " and what to watch: a base58 text");
    }
    append_json_string(params.emplace_back(), words[at++]);
  }
  if (words.size() - at > row.json_max) {
    return invalid("unexpected argument " + words[at + row.json_max]);
  }
  if (at == words.size() && !row.json_default.empty()) {
    params.emplace_back(row.json_default);
  }
  const std::span<const std::string> values = words.subspan(at);
  const auto wrong = std::find_if(values.begin(), values.end(),
                                  [](const std::string& one) { return first_of(one) == '\0'; });
  if (wrong != values.end()) {
    return invalid("what follows " + name + " is no JSON: " + *wrong + "; quote it for the shell");
  }
  params.insert(params.end(), values.begin(), values.end());
  std::string array;
  for (const std::string& param : params) {
    array += (array.empty() ? "" : ",") + param;
  }
  return WatchRequest{std::string(row.method), array.empty() ? "" : "[" + array + "]"};
}

}  // namespace

Result<WatchRequest> watch_request(std::span<const std::string> words) {
  const std::string& kind = words[0];
  const auto row = std::find_if(kRows.begin(), kRows.end(),
                                [&kind](const KindRow& one) { return one.name == kind; });
  if (row != kRows.end()) {
    return of_kind(*row, words.subspan(1));
  }
  if (kind.ends_with("ubscribe")) {
    return of_method(words);
  }
  std::vector<std::string_view> names;
  names.reserve(kRows.size());
  for (const KindRow& one : kRows) {
    names.push_back(one.name);
  }
  const std::string_view nearest = nearest_word(kind, names);
  return invalid("unknown kind " + kind +
                 (nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?"));
}

std::string watch_line(std::string_view value) {
  std::string line;
  append_compact(line, value);
  return line + "\n";
}

std::string gap_line(std::string_view value) {
  std::string line = R"({"gap":)";
  append_compact(line, value);
  return line + "}\n";
}

}  // namespace sidecar

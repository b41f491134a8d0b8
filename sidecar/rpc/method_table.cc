#include "rpc/method_table.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "rpc/method_rows.h"

namespace sidecar {
namespace {

using namespace method_rows;

/// Rows by name: every call looks its method up.
class Index {
 public:
  Index() {
    for (const auto rows : {evm_method_rows(), svm_method_rows()}) {
      for (const MethodRow& row : rows) {
        rows_.emplace(row.name, &row);
      }
    }
  }
  const MethodRow* find(std::string_view method) const {
    const auto row = rows_.find(method);
    return row == rows_.end() ? nullptr : row->second;
  }

 private:
  std::unordered_map<std::string_view, const MethodRow*> rows_;
};

const MethodRow* find_row(std::string_view method) {
  static const Index index;
  return index.find(method);
}

constexpr MethodRow kUnknownEvmRead = read("", MethodFamily::kEvm);
constexpr MethodRow kUnknownEvmHeavy = heavy("", MethodFamily::kEvm);
constexpr MethodRow kUnknownEvm = unsafe("", MethodFamily::kEvm);
constexpr MethodRow kUnknownSvmRead = read("", MethodFamily::kSvm);
constexpr MethodRow kUnknownSvm = unsafe("", MethodFamily::kSvm);
constexpr MethodRow kUnknown = unsafe("", MethodFamily::kAny);

/// Whole namespaces and name beginnings that only ever read, and much of it, whichever method of
/// them comes next.
/// debug_ is not one: it has setHead and chaindbCompact beside its reads.
constexpr std::array<std::string_view, 3> kReadPrefixes = {"trace_", "ots_", "debug_trace"};

/// `get` and a capital letter names a read in every node's API that the tables were made from.
bool is_getter(std::string_view name) {
  return name.size() > 3 && name.starts_with("get") && name[3] >= 'A' && name[3] <= 'Z';
}

/// Solana's way of naming; Ethereum's methods have a namespace and an underscore.
bool is_camel_case(std::string_view name) {
  return std::any_of(name.begin(), name.end(),
                     [](char letter) { return letter >= 'A' && letter <= 'Z'; });
}

const MethodRow& unlisted_evm_row(std::string_view method, size_t underscore) {
  for (const std::string_view prefix : kReadPrefixes) {
    if (method.starts_with(prefix)) {
      return kUnknownEvmHeavy;
    }
  }
  // The one exception: engine_getPayload ends the building of what it returns.
  const bool is_read = is_getter(method.substr(underscore + 1)) && !method.starts_with("engine_");
  return is_read ? kUnknownEvmRead : kUnknownEvm;
}

}  // namespace

const MethodRow& method_row(std::string_view method) {
  if (const MethodRow* row = find_row(method)) {
    return *row;
  }
  const size_t underscore = method.find('_');
  if (underscore == std::string_view::npos) {
    const MethodRow& row = is_getter(method) ? kUnknownSvmRead : kUnknownSvm;
    return is_camel_case(method) ? row : kUnknown;
  }
  return unlisted_evm_row(method, underscore);
}

MethodFamily family_of(std::string_view method) {
  return method_row(method).family;
}

std::string_view method_label(std::string_view method) {
  const MethodRow* row = find_row(method);
  return row == nullptr ? std::string_view("other") : row->name;
}

}  // namespace sidecar

#pragma once

#include <cstdint>
#include <string_view>

namespace sidecar {

enum class MethodFamily : uint8_t { kEvm, kSvm, kAny };

/// What may be done with a call again. Not what it may do: that is the policy's business.
enum class MethodClass : uint8_t {
  kSafe,    // a read: may be retried and hedged
  kTx,      // a signed transaction: sending it again is the same transaction
  kUnsafe,  // never sent again once a byte of it left
};

struct MethodRow {
  std::string_view name;
  MethodFamily family;
  MethodClass method_class;
  bool may_be_null = false;      // null is a true answer, and also what a lagging node says
  bool is_subscription = false;  // lives on a stream: subscribe and unsubscribe
  bool is_filter = false;        // state in the one upstream that made the filter
};

/// The method's row; for one not listed, a row by its name's pattern with an empty name.
const MethodRow& method_row(std::string_view method);
/// Which family's default chain serves the method on a socket that serves both.
MethodFamily family_of(std::string_view method);
/// The method's name when it is listed, else `other`: a bounded set for metric labels.
std::string_view method_label(std::string_view method);

}  // namespace sidecar

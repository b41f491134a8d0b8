#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/pool.h"
#include "core/types.h"
#include "rpc/block_need.h"
#include "rpc/method_table.h"

namespace sidecar {

/// What an answer is about: the call that was asked, and where.
struct Asked {
  std::string_view method;
  const MethodRow* row = nullptr;
  const BlockNeed* block = nullptr;
  bool is_null_doubted = false;  ///< a null is asked about elsewhere wherever it comes from
};

struct Judgement {
  Outcome outcome = Outcome::kResult;
  std::optional<Millis> retry_after;
  std::optional<int64_t> unknown_code;  ///< the error's, when no row of the table knows it
  bool is_unknown = false;
};

/// What an attempt's end means: classifies refusals (policy/classifier.h), and doubts results that
/// only a node behind the others would give: null for a block, receipt or transaction, and no logs
/// at all up to a block that it has not.
Judgement judge(const Pool& pool, size_t endpoint, const Asked& asked, const AttemptResult& result);

}  // namespace sidecar

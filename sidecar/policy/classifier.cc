#include "policy/classifier.h"

#include <algorithm>
#include <array>
#include <bitset>

#include "policy/error_table.h"

namespace sidecar {

namespace {

using O = Outcome;

constexpr size_t kTextBytesMax = 1024;

// Each of them outranks the body, whoever speaks: the rows with a text only tell apart what one
// status is used for.
constexpr ErrorRow kStatusFirst[] = {
    // proxyd, rpc errors: a method it never has, not a key that is wrong.
    on_status(O::kUnsupported, 403, 403, "method is not whitelisted"),
    // QuickNode's error reference: "custom trace not found in allowed custom traces".
    on_status(O::kUnsupported, 403, 403, "custom trace"),
    // PublicNode, with -32602: "Archive requests require a personal token"; the rest it serves.
    on_status(O::kMissing, 403, 403, "require a personal token"),
    // Alchemy's error reference: 403 also says that the capacity of the month is used up.
    on_status(O::kUnpaid, 403, 403, "capacity limit"),
    // Alchemy, Chainstack: the text points to a billing page.
    on_status(O::kUnpaid, 403, 403, "billing"),
    on_status(O::kUnauthorised, 401, 401),  // RFC 9110 15.5.2
    on_status(O::kUnpaid, 402, 402),        // Infura: daily credits, code 402, event -33000
    on_status(O::kUnauthorised, 403, 403),  // RFC 9110 15.5.4; every vendor for keys and allowlists
    // proxyd -32017: the sequencer bounds this sender, wherever its transaction is sent.
    on_status(O::kCallerFault, 429, 429, "sender is over rate limit"),
    on_status(O::kUnpaid, 429, 429, "monthly capacity limit"),  // Alchemy
    on_status(O::kUnpaid, 429, 429, "max usage reached"),       // Helius: credits of the month
    on_status(O::kUnpaid, 429, 429, "daily request count exceeded"),  // Infura, before the 402
    on_status(O::kRateLimited, 429, 429),                             // RFC 6585 4
};

// Reached when no body came, or one that no row knows.
constexpr ErrorRow kStatusLast[] = {
    on_status(O::kRangeTooLarge, 413, 413),  // QuickNode and Chainstack: getLogs, request too large
    on_code(O::kHttpStatus, kNoBody),        // 5xx, 4xx, 3xx: the transport's to judge
    on_status(O::kNodeFault, 502, 504),      // a gateway never speaks about the call itself
    on_status(O::kNodeFault, 520, 530),      // Cloudflare: the same of its origin
};

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

/// The first kTextBytesMax bytes of a lexeme in lower case, without its opening quote. Made when
/// first asked: a revert is told by its code and head, however much data it bears.
class LowerText {
 public:
  explicit LowerText(std::string_view lexeme) : lexeme_(lexeme) {}

  bool contains(std::string_view text) {
    if (text.empty()) {
      return true;
    }
    if (!is_made_) {
      make();
    }
    const std::string_view all(bytes_.data(), size_);
    if (text.starts_with('^')) {
      return all.starts_with(text.substr(1));
    }
    return may_contain(text) && all.find(text) != std::string_view::npos;
  }

 private:
  void make() {
    is_made_ = true;
    lexeme_.remove_prefix(lexeme_.starts_with('"') ? 1 : 0);
    size_ = std::min(lexeme_.size(), kTextBytesMax);
    for (size_t i = 0; i < size_; ++i) {
      bytes_[i] = lower(lexeme_[i]);
      pairs_.set(i == 0 ? 0 : pair_of(bytes_[i - 1], bytes_[i]));
    }
  }

  /// Two hundred rows and a long text: most rows are ruled out by the pairs of letters that the
  /// text does not have.
  bool may_contain(std::string_view text) const {
    return text.size() < 2 || (pairs_[pair_of(text[0], text[1])] &&
                               pairs_[pair_of(text[text.size() - 2], text.back())]);
  }
  static size_t pair_of(char first, char second) {
    return (static_cast<size_t>(first & 0x1f) << 5) | static_cast<size_t>(second & 0x1f);
  }

  std::string_view lexeme_;
  bool is_made_ = false;
  size_t size_ = 0;
  std::array<char, kTextBytesMax> bytes_;
  std::bitset<1024> pairs_;
};

bool is_tracing(std::string_view method) {
  return method.starts_with("trace_") || method.starts_with("debug_") ||
         method.starts_with("eth_trace");
}

bool code_matches(const ErrorRow& row, const Refusal& refusal) {
  switch (row.code) {
    case kAnyCode:
      return true;
    case kNoBody:
      return !refusal.code && refusal.message.empty() && refusal.http_status != 0;
    default:
      return refusal.code == row.code;
  }
}

/// All but the texts.
bool keys_match(const ErrorRow& row, const Refusal& refusal) {
  const int status = refusal.http_status;
  return code_matches(row, refusal) &&
         (row.status_min == 0 || (status >= row.status_min && status <= row.status_max)) &&
         (!row.is_of_vendor || row.vendor == refusal.vendor) &&
         (!row.is_tracing_only || is_tracing(refusal.method));
}

}  // namespace

ErrorTable error_table(Family family) {
  return {kStatusFirst, family == Family::kEvm ? error_rows_evm() : error_rows_svm(), kStatusLast};
}

const ErrorRow* find_error_row(const Refusal& refusal) {
  LowerText message(refusal.message);
  LowerText data(refusal.data);
  for (const std::span<const ErrorRow> rows : error_table(refusal.family)) {
    for (const ErrorRow& row : rows) {
      if (keys_match(row, refusal) && message.contains(row.text) && message.contains(row.also) &&
          data.contains(row.data)) {
        return &row;
      }
    }
  }
  return nullptr;
}

Verdict classify(const Refusal& refusal) {
  const ErrorRow* row = find_error_row(refusal);
  return row == nullptr ? Verdict{} : Verdict{row->outcome, true};
}

}  // namespace sidecar

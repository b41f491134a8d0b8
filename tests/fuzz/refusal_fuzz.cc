#include <cstdint>
#include <string_view>
#include <vector>

#include "fuzz_input.h"
#include "policy/classifier.h"
#include "policy/method_rules.h"
#include "policy/retry_after.h"

namespace sidecar::testing {
namespace {

/// What a provider worded, cut into message, data and header at newlines.
struct Words {
  explicit Words(std::string_view text) {
    const size_t first = text.find('\n');
    message = text.substr(0, first);
    text.remove_prefix(first == std::string_view::npos ? text.size() : first + 1);
    const size_t second = text.find('\n');
    data = text.substr(0, second);
    header = second == std::string_view::npos ? std::string_view() : text.substr(second + 1);
  }
  std::string_view message;
  std::string_view data;
  std::string_view header;
};

void check(uint8_t choice, std::string_view text) {
  constexpr Vendor kVendors[] = {Vendor::kGeneric,   Vendor::kAlchemy, Vendor::kInfura,
                                 Vendor::kQuicknode, Vendor::kHelius,  Vendor::kDrpc};
  constexpr int kStatuses[] = {0, 200, 400, 401, 402, 403, 404, 413, 429, 500, 503, 522};
  constexpr int64_t kCodes[] = {-32000, -32005, -32601, -32603, -32009, 3, 429, INT64_MIN};
  const Words words(text);
  Refusal refusal;
  refusal.family = choice % 2 == 0 ? Family::kEvm : Family::kSvm;
  refusal.vendor = kVendors[choice % std::size(kVendors)];
  refusal.http_status = kStatuses[choice % std::size(kStatuses)];
  refusal.code =
      choice % 3 == 0 ? std::nullopt : std::optional<int64_t>(kCodes[choice % std::size(kCodes)]);
  refusal.message = words.message;
  refusal.data = words.data;
  refusal.method = "eth_call";
  const Verdict verdict = classify(refusal);
  // Nobody's words can make a refusal look like a result, nor a new one.
  require(verdict.outcome != Outcome::kResult && verdict.outcome != Outcome::kRpcError);
  require(classify(refusal).outcome == verdict.outcome);

  const Millis now(1'795'262'400'000);
  const auto after = parse_retry_after(words.header, now);
  require(!after || after->count() >= 0);
  const auto hint = retry_hint_in(words.message, words.data);
  require(!hint || hint->count() > 0);
  require(glob_matches("*", words.data));
  (void)glob_matches(words.message.substr(0, 64), words.data.substr(0, 64));
}

}  // namespace
}  // namespace sidecar::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0) {
    // A copy of its own size: a read past its end is seen.
    const std::vector<char> text(data + 1, data + size);
    sidecar::testing::check(data[0], {text.data(), text.size()});
  }
  return 0;
}

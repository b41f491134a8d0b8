#include "config/key_table.h"  // its rows stand in a file of their own

#include <array>

namespace sidecar {
namespace {

constexpr uint64_t kKiB = 1u << 10;
constexpr uint64_t kMiB = 1u << 20;
constexpr uint64_t kGiB = 1u << 30;
constexpr uint64_t kSecond = 1'000;
constexpr uint64_t kMinute = 60 * kSecond;
constexpr uint64_t kHour = 60 * kMinute;
// EIP-2294: the largest chain id that every wallet and library can carry.
constexpr uint64_t kChainIdMax = 9'223'372'036'854'775'771;

using S = Section;

constexpr std::array<SectionRow, 18> kSections = {{
    {S::kTop, S::kTop, "", "", false, "The top of the file."},
    {S::kListen, S::kTop, "listen", "listen", false,
     "The Unix socket that workers connect to; it speaks every dialect."},
    {S::kHttp, S::kTop, "http", "http", false,
     "HTTP and WebSocket on loopback TCP as well; off without `listen`."},
    {S::kLimits, S::kTop, "limits", "limits", false,
     "Bounds on what workers may make the sidecar hold and do."},
    {S::kRetry, S::kTop, "retry", "retry", false, "When and how often a call is tried again."},
    {S::kHedge, S::kTop, "hedge", "hedge", false,
     "A second attempt beside one that is slow; the first answer wins."},
    {S::kTimeout, S::kTop, "timeout", "timeout", false,
     "How long one attempt may take, from what its endpoint usually takes."},
    {S::kBreaker, S::kTop, "breaker", "breaker", false,
     "Leaving an endpoint alone that keeps failing."},
    {S::kCooldown, S::kTop, "cooldown", "cooldown", false,
     "Leaving a provider alone that says we ask too much."},
    {S::kProbe, S::kTop, "probe", "probe", false, "Asking endpoints for their health."},
    {S::kFeed, S::kTop, "feed", "feed", false,
     "Subscriptions: one upstream feed for all who want the same events."},
    {S::kLog, S::kTop, "log", "log", false, "What is written to standard error."},
    {S::kShutdown, S::kTop, "shutdown", "shutdown", false, "How it leaves on SIGTERM."},
    {S::kCost, S::kTop, "cost", "cost", false, "What the providers may cost together."},
    {S::kState, S::kTop, "state", "state", false,
     "What is kept over a restart: cost, budgets, pauses, heads, scores."},
    {S::kChain, S::kTop, "chain", "chain", true,
     "A network. The first of each family serves calls that name no chain.", true},
    {S::kProvider, S::kChain, "provider", "chain.provider", true,
     "A provider of the chain above it; at least one of http, ws and ipc.", true},
    {S::kAccess, S::kTop, "access", "access", true,
     "What some users may do; the first rule that fits counts. Without one: everything but what "
     "belongs to a node's administrator or the holder of its keys."},
}};

#define ANY \
  {}
#define RANGE(least, most, unit) \
  { least, most, unit }
#define KEY(section, name, type, rule, range, fallback, mark, place, sentence) \
  {Section::k##section, #name,    KeyType::k##type,                            \
   TextRule::k##rule,   range,    fallback,                                    \
   KeyMark::k##mark,    sentence, [](const KeyScope& scope) -> FieldRef { return &scope.place; }},
constexpr KeyRow kRows[] = {
#include "config/keys.def"
};
#undef KEY
#undef RANGE
#undef ANY

}  // namespace

std::span<const SectionRow> section_rows() {
  return kSections;
}

std::span<const KeyRow> key_rows() {
  return kRows;
}

}  // namespace sidecar

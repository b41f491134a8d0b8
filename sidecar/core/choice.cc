#include "core/choice.h"

#include "core/endpoint.h"

namespace sidecar {

std::string_view transport_name(Transport transport) {
  switch (transport) {
    case Transport::kHttp:
      return "http";
    case Transport::kWs:
      return "ws";
    case Transport::kIpc:
      return "ipc";
  }
  return "";
}

std::string_view passed_over_text(PassedOver why) {
  switch (why) {
    case PassedOver::kNothing:
      return "chosen";
    case PassedOver::kPinnedElsewhere:
      return "pinned_elsewhere";
    case PassedOver::kTried:
      return "tried";
    case PassedOver::kDrained:
      return "drained";
    case PassedOver::kRetired:
      return "retired";
    case PassedOver::kDisabled:
      return "disabled";
    case PassedOver::kQuarantined:
      return "quarantined";
    case PassedOver::kUnverified:
      return "chain_not_verified";
    case PassedOver::kMethodDenied:
      return "method_denied";
    case PassedOver::kMethodUnsupported:
      return "method_unsupported";
    case PassedOver::kTransport:
      return "transport";
    case PassedOver::kNoCalls:
      return "events_only";
    case PassedOver::kNoEvents:
      return "no_events";
    case PassedOver::kDear:
      return "dear";
    case PassedOver::kCoolingDown:
      return "cooling_down";
    case PassedOver::kBudgetSpent:
      return "budget_spent";
    case PassedOver::kBreakerOpen:
      return "breaker_open";
    case PassedOver::kPruned:
      return "pruned";
    case PassedOver::kRangeTooLarge:
      return "range_too_large";
    case PassedOver::kLacksBlock:
      return "lacks_block";
    case PassedOver::kDegraded:
      return "degraded";
    case PassedOver::kLowerTier:
      return "lower_tier";
    case PassedOver::kOthersTurn:
      return "others_turn";
  }
  return "";
}

}  // namespace sidecar

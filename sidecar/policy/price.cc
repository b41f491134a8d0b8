#include "policy/price.h"

#include "base/capped.h"

namespace sidecar {

namespace {

constexpr uint64_t kMillion = 1'000'000;
constexpr uint64_t kPicoInNano = 1'000;

}  // namespace

// Alchemy: 0.04 units a byte. QuickNode: on Solana 15 credits for 0.1 MB since May 2026, elsewhere
// a call's price for each message. Helius: 3 credits for 0.1 MB. Infura bills by the kind of event
// and by the block, dRPC does not say: there event_units is set by hand. Sources:
// alchemy.com/docs/reference/compute-unit-costs, quicknode.com/docs/solana/websocket-billing,
// quicknode.com/api-credits, helius.dev/docs/billing/credits,
// docs.metamask.io/services/get-started/pricing/credit-cost; all read 2026-11-21.
EventPrice event_price(Vendor vendor, Family family) {
  switch (vendor) {
    case Vendor::kAlchemy:
      return {0, 40'000};
    case Vendor::kQuicknode:
      return family == Family::kSvm ? EventPrice{0, 150} : EventPrice{20, 0};
    case Vendor::kHelius:
      return {0, 30};
    case Vendor::kGeneric:
    case Vendor::kInfura:
    case Vendor::kDrpc:
    case Vendor::kTriton:
      return {};
  }
  return {};
}

bool is_billed(Outcome outcome) {
  const bool has_not_reached_it =
      outcome == Outcome::kConnect || outcome == Outcome::kTls || outcome == Outcome::kBusy;
  return !has_not_reached_it && outcome != Outcome::kRateLimited && outcome != Outcome::kUnpaid;
}

uint64_t EventMeter::count(const EventPrice& price, size_t bytes) {
  const uint64_t part = multiply_capped(price.units_per_mb, bytes);
  const uint64_t millionths = add_capped(part, rest_millionths_);
  rest_millionths_ = millionths % kMillion;
  return add_capped(price.units, millionths / kMillion);
}

uint64_t PriceMeter::charge(const PriceOptions& price, uint64_t units, uint64_t bytes) {
  const uint64_t pico = add_capped(multiply_capped(price.byte, bytes), rest_pico_);
  rest_pico_ = pico % kPicoInNano;
  return add_capped(multiply_capped(price.unit, units), pico / kPicoInNano);
}

}  // namespace sidecar

#pragma once

#include <cstddef>
#include <cstdint>

#include "policy/family.h"
#include "policy/outcome.h"

namespace sidecar {

/// What one event of a subscription costs at a provider, in its units.
struct EventPrice {
  uint64_t units = 0;         ///< whatever its size
  uint64_t units_per_mb = 0;  ///< for a million bytes of it
};

/// What a vendor bills for events, in its own credits; nothing where it is not known.
EventPrice event_price(Vendor vendor, Family family);

/// Does a provider bill an attempt that ended so? Not what never reached it, nor what it refused
/// because we ask too much or owe money. Else yes, also when it failed or was cut short: vendors
/// differ in that, so the sum is never too low. Source: Infura's credit-cost page (402, 429 and 5xx
/// are free there), read 2026-11-21.
bool is_billed(Outcome outcome);

/// Counts a provider's events in whole units; what is less than one is carried to the next. The
/// price is given each time, for a reload may change it. Owner: Provider, by value.
class EventMeter {
 public:
  /// The units that this one completes.
  uint64_t count(const EventPrice& price, size_t bytes);

 private:
  uint64_t rest_millionths_ = 0;
};

/// One provider's prices in money.
struct PriceOptions {
  uint64_t unit = 0;  ///< nano-dollars: dollars for a billion units
  uint64_t byte = 0;  ///< pico-dollars: dollars for a terabyte (10^12) of answers and events
};

/// Turns units and bytes into whole nano-dollars; what is less than one is carried to the next. The
/// price is given each time, for a reload may change it. Owner: an account of the ledger, by value.
class PriceMeter {
 public:
  uint64_t charge(const PriceOptions& price, uint64_t units, uint64_t bytes);

 private:
  uint64_t rest_pico_ = 0;
};

}  // namespace sidecar

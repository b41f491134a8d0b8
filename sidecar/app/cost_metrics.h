#pragma once

namespace sidecar {

class CostLedger;
class Metrics;

/// Lets what was spent be shown, in dollars. Requires: the ledger outlives `metrics`.
void show_cost(CostLedger& ledger, Metrics& metrics);

}  // namespace sidecar

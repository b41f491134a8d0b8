#pragma once

namespace sidecar {

/// Prints what the parts of a decision cost one by one: each strategy's pick, and what is asked for
/// each endpoint of each call.
void print_policy_pieces();

}  // namespace sidecar

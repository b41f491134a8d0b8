#include "policy/smooth_weights.h"

namespace sidecar {

std::optional<size_t> SmoothWeights::pick(std::span<const uint64_t> weights) {
  credits_.resize(weights.size(), 0);
  std::optional<size_t> best;
  int64_t sum = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) {
      credits_[i] = 0;
      continue;
    }
    const auto weight = static_cast<int64_t>(weights[i]);
    credits_[i] += weight;
    sum += weight;
    if (!best || credits_[i] > credits_[*best]) {
      best = i;
    }
  }
  if (best) {
    credits_[*best] -= sum;
  }
  return best;
}

}  // namespace sidecar

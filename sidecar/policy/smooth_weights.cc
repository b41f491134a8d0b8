#include "policy/smooth_weights.h"

#include <algorithm>
#include <numeric>

namespace sidecar {

std::optional<size_t> SmoothWeights::pick(std::span<const uint64_t> weights) {
  credits_.resize(weights.size(), 0);
  const auto sum = static_cast<int64_t>(std::accumulate(weights.begin(), weights.end(), 0ull));
  const int64_t credit_max = sum * kRoundsMax;
  std::optional<size_t> best;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) {
      continue;
    }
    const int64_t gained = credits_[i] + static_cast<int64_t>(weights[i]);
    credits_[i] = std::clamp(gained, -credit_max, credit_max);
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

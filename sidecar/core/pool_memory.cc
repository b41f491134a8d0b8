// Of core/pool.h: what is kept over a restart.
#include "core/pool_memory.h"

#include <algorithm>

#include "core/pool.h"

namespace sidecar {

PoolMemory Pool::memory() {
  const Instant now = clock_.now();
  PoolMemory memory;
  memory.chain = chain_.name;
  memory.saved_at = clock_.unix_now();
  memory.served_head = served_head_;
  for (const auto& provider : providers_) {
    memory.providers.push_back(
        {provider->name, provider->budget.memory(memory.saved_at), provider->cooldown.memory(now)});
  }
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    const Endpoint& endpoint = endpoints_[i];
    if (endpoint.is_retired()) {
      continue;  // its successor may have the same name
    }
    PoolMemory::OfEndpoint one;
    one.provider = provider_of(i).name;
    one.transport = std::string(transport_name(endpoint.transport));
    one.head = heads_.view(i, now).number;
    if (one.head) {
      one.head_told_at =
          memory.saved_at - std::chrono::duration_cast<Millis>(now - heads_.told_at(i));
    }
    one.breaker = endpoint.breaker.memory(now);
    for (size_t k = 0; k < one.latencies.size(); ++k) {
      one.latencies[k] = endpoint.latencies[k].counts();
    }
    memory.endpoints.push_back(std::move(one));
  }
  return memory;
}

/// A clock that went back since counts as no time passed.
void Pool::restore(const PoolMemory& memory) {
  const Instant now = clock_.now();
  const Millis unix_now = clock_.unix_now();
  const Nanos away = std::max(Millis(0), unix_now - memory.saved_at);
  for (const PoolMemory::OfProvider& kept : memory.providers) {
    const auto found = std::find_if(providers_.begin(), providers_.end(),
                                    [&kept](const auto& one) { return one->name == kept.name; });
    if (found != providers_.end()) {
      (*found)->budget.restore(kept.budget, unix_now);
      (*found)->cooldown.restore({kept.cooldown.times, kept.cooldown.left - away}, now);
    }
  }
  if (away > kMemoryYoung) {
    return;
  }
  served_head_ = memory.served_head;
  for (const PoolMemory::OfEndpoint& kept : memory.endpoints) {
    for (size_t i = 0; i < endpoints_.size(); ++i) {
      if (provider_of(i).name == kept.provider &&
          transport_name(endpoints_[i].transport) == kept.transport) {
        restore(i, kept, away);
      }
    }
  }
}

void Pool::restore(size_t index, const PoolMemory::OfEndpoint& kept, Nanos away) {
  const Instant now = clock_.now();
  const Millis unix_now = clock_.unix_now();
  Endpoint& endpoint = endpoints_[index];
  const Millis head_age = std::max(Millis(0), unix_now - kept.head_told_at);
  if (kept.head && head_age <= kMemoryYoung) {
    heads_.restore(index, *kept.head, now - head_age);
  }
  for (size_t k = 0; k < kept.latencies.size(); ++k) {
    endpoint.latencies[k].restore(kept.latencies[k]);
  }
  BreakerMemory breaker = kept.breaker;
  breaker.pause_left -= away;
  endpoint.breaker.restore(breaker, now);
  if (breaker.is_open) {
    apply(index, HealthEvent::kBreakerOpened);
  }
}

}  // namespace sidecar

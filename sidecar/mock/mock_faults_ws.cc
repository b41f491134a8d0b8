#include <algorithm>

#include "mock/mock_faults.h"

// MockFaults of WebSockets and subscriptions.

namespace sidecar {

namespace {

using Kind = MockFaultKind;

}  // namespace

const MockFault* MockFaults::draw_one(MockFaultKind kind, std::string_view name) {
  for (MockFault& fault : faults_) {
    if (fault.kind == kind && fault.concerns(name) && strikes(fault)) {
      return &fault;
    }
  }
  return nullptr;
}

EventFaults MockFaults::draw_event(std::string_view kind) {
  EventFaults drawn;
  for (MockFault& fault : faults_) {
    if (drawn.is_lost || !fault.concerns(kind)) {
      continue;
    }
    if (fault.kind == Kind::kMissedHeads) {
      drawn.is_lost = ++fault.seen % fault.every == 0 && strikes(fault);
    } else if (fault.kind == Kind::kWsSilent) {
      drawn.is_lost = strikes(fault);
    } else if (fault.kind == Kind::kDuplicate && !drawn.is_twice) {
      drawn.is_twice = strikes(fault);
    } else if (fault.kind == Kind::kReorder && fault.is_swap && !drawn.is_swapped) {
      drawn.is_swapped = strikes(fault);
    }
  }
  forget_healed();
  return drawn;
}

bool MockFaults::draw_shuffle(std::string_view kind) {
  const auto found = std::find_if(faults_.begin(), faults_.end(), [kind](const MockFault& each) {
    return each.kind == Kind::kReorder && !each.is_swap && each.concerns(kind);
  });
  const bool is_drawn = found != faults_.end() && strikes(*found);
  forget_healed();
  return is_drawn;
}

std::optional<SocketEnd> MockFaults::draw_end(std::string_view kind, uint64_t events_sent) {
  std::optional<SocketEnd> end;
  for (MockFault& fault : faults_) {
    const bool is_reset = fault.kind == Kind::kWsReset;
    if (!end && (is_reset || fault.kind == Kind::kWsClose) && fault.concerns(kind) &&
        events_sent >= fault.after_events && strikes(fault)) {
      end = SocketEnd{is_reset, fault.code};
    }
  }
  forget_healed();
  return end;
}

SubscribeFaults MockFaults::draw_subscribe(std::string_view kind, uint64_t open_count) {
  SubscribeFaults drawn;
  drawn.is_unsupported = draw_one(Kind::kWsUnsupported, kind) != nullptr;
  for (MockFault& fault : faults_) {
    if (!drawn.limit && fault.kind == Kind::kSubscriptionLimit && fault.concerns(kind) &&
        open_count >= fault.limit && strikes(fault)) {
      drawn.limit = fault.limit;
    }
  }
  if (const MockFault* late = draw_one(Kind::kLateSubscribe, kind)) {
    drawn.wait = late->wait_min;
    drawn.is_early = late->is_early;
  }
  forget_healed();
  return drawn;
}

int MockFaults::draw_refusal() {
  const MockFault* fault = draw_one(Kind::kWsRefuse, "");
  const int status = fault == nullptr ? 0 : fault->status;
  forget_healed();
  return status;
}

bool MockFaults::is_mute() const {
  return std::any_of(faults_.begin(), faults_.end(), [](const MockFault& each) {
    return each.kind == Kind::kWsSilent && !each.is_answering;
  });
}

CallFaults MockFaults::of_feeds() const {
  CallFaults found;
  for (const MockFault& fault : faults_) {
    if (fault.rate < 1 || !fault.methods.empty()) {
      continue;
    }
    if (fault.kind == Kind::kLag) {
      found.blocks_behind += fault.blocks;
    } else if (fault.kind == Kind::kStuck) {
      found.stuck_at = fault.since;
    } else if (fault.kind == Kind::kFork) {
      found.branch = ChainBranch{fault.from.value_or(0), fault.branch};
    } else if (fault.kind == Kind::kSyncing) {
      found.syncing_blocks = fault.blocks;
    }
  }
  return found;
}

}  // namespace sidecar

#pragma once

#include <memory>

#include "core/event_stream.h"
#include "rpc/subscription_request.h"

namespace sidecar {

/// The stream for a Solana subscription; null for any other. `out` outlives it.
std::unique_ptr<EventStream> make_svm_stream(const FeedSpec& spec, const StreamOptions& options,
                                             StreamOut& out);

}  // namespace sidecar

#pragma once

#include <memory>

#include "core/event_stream.h"
#include "rpc/subscription_request.h"

namespace sidecar {

/// The stream for what is subscribed to. `out` outlives it.
std::unique_ptr<EventStream> make_stream(const FeedSpec& spec, const StreamOptions& options,
                                         StreamOut& out);

/// Can such events be had by asking now and then, where no subscription is to be had? Some exist
/// only as they happen.
bool is_pollable(const FeedSpec& spec);
/// A call that polling makes: who can serve it can be polled. Requires: it is pollable.
std::string_view poll_method(FeedKind kind);

}  // namespace sidecar

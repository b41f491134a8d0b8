#pragma once

namespace sidecar {

/// What a receiver says of bytes it was given.
/// kOk: more is welcome.  kFull: taken, but stop until told to go on.  kDropped: not taken, never
/// will be.
enum class Flow { kOk, kFull, kDropped };

}  // namespace sidecar

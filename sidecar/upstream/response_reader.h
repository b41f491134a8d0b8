#pragma once

#include <string>
#include <string_view>

#include "base/flow.h"
#include "core/ports.h"
#include "rpc/scanner.h"

namespace sidecar {

/// Reads one attempt's answer as its bytes come: keeps a short one whole, passes a long result on
/// in parts. Each byte is scanned once.
/// Not: it knows no transport and no HTTP status.
/// A worker that does not read holds its result back here, not the provider's connection: up to
/// held_bytes_max the transport may go on; kFull only above it.
/// Limits: keeps at most stream_bytes_min, or held_bytes_max while held, and what one take()
/// brings, when it may stream and the transport hears kFull; else its owner bounds held_bytes(),
/// and the transport a body. Owner: a channel, one for each exchange.
class ResponseReader {
 public:
  struct Options {
    size_t stream_bytes_min = 256u << 10;
    bool may_stream = false;
    size_t held_bytes_max = 4u << 20;
  };
  ResponseReader(AttemptId attempt, uint64_t upstream_id, Options options, AttemptSink& sink);

  /// kDropped: the bytes are no answer to our question; fault() says why. kFull: taken, hold the
  /// rest until resume() says kOk.
  Flow take(std::string_view bytes);
  /// The sink has room again: passes on what was held. kFull: and it is full again.
  Flow resume();
  /// From here on it has this fault, `detail` a literal; kDropped.
  Flow refuse(Outcome outcome, std::string_view detail);
  /// True between the sink's kFull and its resume(): not to be finished yet.
  bool is_held() const { return is_held_; }
  /// What is kept while is_held(), else 0.
  size_t held_bytes() const { return is_held_ ? bytes_.size() : 0; }
  /// The end of the attempt once the transport says the body is whole. Views live as long as this.
  AttemptResult finish();
  /// The end when the body came with a status other than 2xx: a JSON-RPC error when it is one, else
  /// the status; never a fault of its own. What they mean is not judged here.
  AttemptResult finish_with_status(int status);

  bool has_fault() const { return fault_ != Outcome::kResult; }
  /// Requires: has_fault().
  AttemptResult fault() const;

 private:
  void pass_on();
  void drop_passed();
  bool is_ours() const;

  AttemptId attempt_;
  std::string upstream_id_;
  Options options_;
  AttemptSink* sink_;
  JsonScanner scanner_;
  std::string bytes_;  ///< of the answer, from bytes_begin_ on
  uint64_t bytes_begin_ = 0;
  uint64_t passed_end_ = 0;  ///< everything before it was passed on, or is no part of the result
  bool is_streaming_ = false;
  bool is_held_ = false;
  Outcome fault_ = Outcome::kResult;
  std::string_view detail_;
};

}  // namespace sidecar

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/flow.h"
#include "core/types.h"
#include "downstream/access_port.h"

namespace sidecar {

/// One GET that awaits its answer; never used again for another.
using ViewId = uint64_t;

/// What is asked. Views live during the callback.
struct ViewRequest {
  std::string_view path;      ///< without the query, percent-decoded
  std::string_view query;     ///< without the question mark, percent-decoded
  std::string_view accept;    ///< Accept header, empty if absent
  bool is_head_only = false;  ///< HEAD: whatever is answered, only its head goes out
  Visitor visitor;
};

/// The head of an answer.
struct ViewHead {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string_view more = {};  ///< whole header lines, each with its line end
};

/// Where answers go. All calls are ignored for an id that is dead.
class ViewOut {
 public:
  /// The whole answer.
  virtual void reply(ViewId id, const ViewHead& head, std::string_view body) = 0;
  /// An answer without a known end, for server-sent events: begin, send..., end or cut.
  virtual void begin(ViewId id, const ViewHead& head) = 0;
  /// kDropped: the id is dead. Never kFull: ask unread_bytes() and leave out what is too much.
  virtual Flow send(ViewId id, std::string_view bytes) = 0;
  /// Bytes that the browser's side has not taken yet; 0 when the id is dead.
  virtual size_t unread_bytes(ViewId id) const = 0;
  virtual void end(ViewId id) = 0;
  /// Ends it by cutting the connection; what is unread is dropped.
  virtual void cut(ViewId id) = 0;

 protected:
  ~ViewOut() = default;
};

/// What the HTTP face shows on GET: pages and documents about the sidecar, made in app/.
/// Not: JSON-RPC, which comes by POST (http_exchange.h), and WebSockets.
class HttpViews {
 public:
  /// A path that is there for GET only, so that other methods are told 405 and not 404.
  virtual bool is_view(std::string_view path) const = 0;
  /// Host and Origin were allowed. Answered once through `out`, inside or later; an unknown path is
  /// answered too, with 404.
  virtual void open(ViewId id, const ViewRequest& request, ViewOut& out) = 0;
  /// Who asked left before the answer ended; the id is dead.
  virtual void on_gone(ViewId id) = 0;

 protected:
  ~HttpViews() = default;
};

}  // namespace sidecar

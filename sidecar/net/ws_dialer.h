#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "net/event_pipe_guard.h"
#include "net/loop.h"

struct lws;
struct lws_context;

namespace sidecar {

/// Where to dial, and what to say there.
struct WsDialerOptions {
  bool is_tls = false;
  std::string host;  ///< name or number, for Host and SNI; at most 110 bytes
  uint16_t port = 0;
  Secret target;    ///< path and query; at most 1,900 bytes
  Secret userinfo;  ///< user:password for Basic authorization; empty = none
  std::vector<std::pair<std::string, Secret>> headers;
  std::string ca_file;  ///< PEM bundle instead of the system's
  Millis timeout{0};    ///< the owner's; the library's own is a little longer
};

/// The head of what the server answered. Views live during the callback.
struct WsAnswer {
  int status = 0;
  bool is_upgraded = false;      ///< 101 that keeps to RFC 6455 section 4.1
  std::string_view retry_after;  ///< empty = none
};

/// How far a connection came.
enum class WsProgress : uint8_t { kNone, kConnected, kAsked, kAnswered };

/// What the dialer tells; on the loop, never inside a call to it.
class WsDialerSink {
 public:
  /// on_dial_bytes follow only when it is upgraded.
  virtual void on_dial_answer(const WsAnswer& answer) = 0;
  virtual void on_dial_bytes(std::string_view bytes) = 0;
  /// write() may be tried again.
  virtual void on_dial_writable() = 0;
  /// The connection is gone, or there never was one. `what`: the library's words, no secrets.
  virtual void on_dial_ended(WsProgress progress, std::string_view what) = 0;

 protected:
  ~WsDialerSink() = default;
};

/// libwebsockets 4.1.6 as a client that upgrades a connection: TCP, TLS with verification, request
/// and answer head. What comes after is passed on and taken as bytes.
///   dial -> on_dial_answer -> on_dial_bytes* / write* -> hang_up | on_dial_ended
/// Not: it resolves no names (the library would block the loop) and speaks no WebSocket frames
/// (net/ws_client.h): the library's client turns close codes 1012 to 2999 into 1002 before it shows
/// them, so it is used in its HTTP role. No extension is ever offered, http_proxy of
/// the environment is not heeded, redirects are not followed.
/// Limits: one connection at a time; answer head 32 KiB.
/// Owner: a WsDialerPtr, which closes in two phases: no callback comes after it is reset.
/// Errors: create fails when the libuv glue (package libwebsockets-evlib-uv) or ca_file is missing.
class WsDialer final {
 public:
  struct Closer {
    void operator()(WsDialer* dialer) const { dialer->close(); }
  };
  using Ptr = std::unique_ptr<WsDialer, Closer>;
  static Result<Ptr> create(Loop& loop, const WsDialerOptions& options, WsDialerSink& sink);
  WsDialer(const WsDialer&) = delete;
  WsDialer& operator=(const WsDialer&) = delete;

  /// Requires: no connection is there. `address`: a number. `key`: 16 bytes for Sec-WebSocket-Key.
  /// False: it failed at once, and nothing follows.
  bool dial(const std::string& address, std::string_view key);
  /// How much was taken, maybe 0: then on_dial_writable follows.
  size_t write(std::string_view bytes);
  /// Lets go of the connection; what was written still goes out, for up to a second.
  void hang_up();

  WsProgress progress() const;

 private:
  struct Callback;
  WsDialer(Loop& loop, const WsDialerOptions& options, WsDialerSink& sink);
  ~WsDialer();
  bool create_context();
  void close();
  void close_in_turns(int turns);
  void append_request(unsigned char** at, size_t room);
  int take_answer(lws* wsi);
  void end(lws* wsi, std::string_view what);

  Loop& loop_;
  WsDialerOptions options_;
  WsDialerSink* sink_;
  std::string host_header_;
  std::string key_;  ///< base64
  lws_context* context_ = nullptr;
  EventPipeGuard pipe_;
  lws* wsi_ = nullptr;
  WsProgress progress_ = WsProgress::kNone;
  bool is_dialling_ = false;
};

using WsDialerPtr = WsDialer::Ptr;

}  // namespace sidecar

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/flow.h"
#include "base/result.h"
#include "net/http_server.h"
#include "net/http_ws_frames.h"
#include "net/stream.h"

namespace sidecar {

/// What a WebSocket tells the server that owns it.
class WebSocketOwner {
 public:
  virtual void on_socket_text(WebSocketId id, std::string_view text) = 0;
  virtual void on_socket_drained(WebSocketId id) = 0;
  /// No message comes or goes any more. May be called inside a call to the WebSocket.
  virtual void on_socket_ended(WebSocketId id) = 0;
  /// The descriptor may go: destroy the WebSocket on a later turn. May be called inside a call.
  virtual void on_socket_idle(WebSocketId id) = 0;

 protected:
  ~WebSocketOwner() = default;
};

/// One WebSocket from the end of its handshake on: frames in, messages out.
/// Not: it does no handshake (net/http_engine.h) and agrees on no extension.
/// Shape: open -> ended (a Close frame is queued, or the peer is gone) -> idle (the descriptor may
/// go). libwebsockets 4.1.6 takes unmasked frames as good and keeps 5 KiB a socket, so the frames
/// are ours.   Limits: HttpServerOptions.   Owner: HttpServer.
/// Source: RFC 6455 sections 5 to 7.
class WebSocket final : private StreamSink {
 public:
  /// Takes over a connected socket whose handshake is done; it is closed on failure too.
  static Result<std::unique_ptr<WebSocket>> create(Loop& loop, int fd, WebSocketId id,
                                                   const HttpServerOptions& options,
                                                   WebSocketOwner& owner);
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  Flow send(std::string_view text);
  Flow send_part(std::string_view bytes, bool is_first, bool is_last);
  void close(uint16_t code);
  /// Drops what is queued and ends the connection with RST.
  void reset();
  void pause_reading();
  /// Calls the owner with what came before the pause took hold: not for use inside its callbacks.
  void resume_reading();

  size_t queued_bytes() const;
  bool is_open() const { return is_open_; }
  /// When the peer must have closed its side too; far away while the socket is open.
  Instant deadline() const { return deadline_; }

 private:
  WebSocket(Loop& loop, WebSocketId id, const HttpServerOptions& options, WebSocketOwner& owner);

  void on_stream_bytes(std::string_view bytes) override;
  void on_stream_eof() override;
  void on_stream_failed(std::string_view what) override;
  void on_stream_drained() override;

  void take(std::string_view bytes);
  size_t take_head(std::string_view bytes);
  void on_head();
  size_t take_payload(std::string_view bytes);
  void on_frame_end();
  void on_control_frame();
  void append_message(std::string& out, std::string_view text, bool is_first, bool is_last);
  bool refuses(size_t more_bytes);
  void end();
  void go_idle();

  Loop& loop_;
  const WebSocketId id_;
  const HttpServerOptions& options_;
  WebSocketOwner& owner_;
  StreamPtr stream_;

  char head_bytes_[kWsHeadBytesMax];
  uint8_t head_count_ = 0;
  bool is_in_payload_ = false;
  bool is_message_open_ = false;  ///< a text message awaits more fragments
  bool is_part_open_ = false;     ///< send_part began a message that is not finished
  bool is_open_ = true;
  bool is_paused_ = false;
  WsFrameHead head_;
  uint64_t payload_done_ = 0;  ///< bytes of this frame's payload that came
  Instant deadline_ = Instant::max();
  std::string message_;  ///< the text so far, unmasked
  std::string control_;  ///< payload of a control frame so far
  std::string unread_;   ///< came in the same read after a pause
  std::string held_;     ///< messages that wait for the end of one sent in parts
};

}  // namespace sidecar

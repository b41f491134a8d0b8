#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "net/host_lookup.h"
#include "net/http_ws_frames.h"
#include "net/loop.h"
#include "net/ws_dialer.h"
#include "net/ws_reader.h"

namespace sidecar {

struct WsClientOptions {
  Secret url;  ///< ws:// or wss://
  std::vector<std::pair<std::string, Secret>> headers;
  std::string ca_file;                   ///< PEM bundle instead of the system's; empty = system
  Millis connect_timeout{2'000};         ///< name, TCP, TLS and upgrade together
  size_t message_bytes_max = 64u << 20;  ///< 1009 above
  Millis ping_interval{10'000};
  uint32_t ping_misses_max = 2;  ///< intervals without a byte after a ping; then it is dead
};

/// Why a connection ended, or never was.
struct WsFailure {
  enum class End : uint8_t {
    kConnect,   ///< name not resolved, no connection, or no upgrade in time
    kTls,       ///< handshake or certificate
    kRefused,   ///< an HTTP answer that is no upgrade
    kClosed,    ///< by the server, by the network, or dead
    kProtocol,  ///< frames that nobody may send
    kTooLarge,  ///< a message over message_bytes_max
  };
  End end = End::kClosed;
  std::string_view what = {};         ///< a phrase without secrets; lives during the callback
  int http_status = 0;                ///< kRefused: of the answer
  std::string_view retry_after = {};  ///< its header; empty = none
  int close_code = 0;                 ///< of the server's Close frame; 0 = none came
};

/// What a WsClient tells; on the loop, never inside connect(), send() or close().
class WsClientSink {
 public:
  virtual void on_ws_connected() = 0;
  /// One whole text message. Not UTF-8 checked: who reads it as JSON finds out, and closes.
  virtual void on_ws_text(std::string_view text) = 0;
  /// Nothing more comes until connect() is called again.
  virtual void on_ws_failed(const WsFailure& failure) = 0;

 protected:
  ~WsClientSink() = default;
};

/// One WebSocket to a provider, again and again: at most one connection at a time.
///
///   connect ─▶ resolve ─▶ dial (each address in turn) ─▶ upgrade ─▶ up: send ⇄ on_ws_text
///      ▲                                                             │ on_ws_failed | close
///      └─────────────────────────────────────────────────────────────┘
/// Not: it decides not when to connect again, and reads no JSON.
/// A ping goes out each ping_interval; any byte that comes proves life. Pings are answered, a flood
/// of them with one pong each kPongPause.   Limits: message_bytes_max, refused by the declared
/// length before a byte of it is kept.
/// Owner: a WsClientPtr, which closes in two phases: no callback comes after it is reset.
/// Source: RFC 6455.
class WsClient final : private WsDialerSink, private TurnEnd {
 public:
  struct Closer {
    void operator()(WsClient* client) const { client->close_for_good(); }
  };
  using Ptr = std::unique_ptr<WsClient, Closer>;
  /// `seed`: for masks and handshake keys.
  static Result<Ptr> create(Loop& loop, const WsClientOptions& options, uint64_t seed,
                            WsClientSink& sink);
  WsClient(const WsClient&) = delete;
  WsClient& operator=(const WsClient&) = delete;

  /// Requires: no connection is there or coming.
  void connect();
  /// Requires: is_up(). Written at the end of the turn.
  void send(std::string_view text);
  /// Ends what is there or coming; nothing more comes of it.
  void close(uint16_t code);

  bool is_up() const { return state_ == State::kUp; }
  size_t queued_bytes() const { return out_.size() - written_; }

  static constexpr Millis kPongPause{100};

 private:
  enum class State : uint8_t { kIdle, kResolving, kDialling, kUp };
  WsClient(Loop& loop, const WsClientOptions& options, std::string host, uint64_t seed,
           WsClientSink& sink);
  ~WsClient();
  void close_for_good();

  void on_dial_answer(const WsAnswer& answer) override;
  void on_dial_bytes(std::string_view bytes) override;
  void on_dial_writable() override;
  void on_dial_ended(WsProgress progress, std::string_view what) override;
  void on_turn_end() override;

  void on_resolved(std::vector<std::string> addresses, const char* what);
  void dial_next();
  void on_address_due();
  void on_timeout();
  void on_ping_due();
  void on_pong_due();
  void on_peer_ping(std::string_view payload);
  void take(const WsReader::Step& step);
  void take_close(std::string_view payload);
  void append_frame(WsOpcode opcode, std::string_view payload);
  void flush();
  void append_close(uint16_t code);
  void reset();
  void fail(const WsFailure& failure);
  /// Tells the peer why, then fails.
  void refuse(uint16_t code, WsFailure::End end, std::string_view what);

  Loop& loop_;
  WsClientOptions options_;
  WsClientSink* sink_;
  Random random_;
  WsDialerPtr dialer_;
  HostLookup lookup_;
  State state_ = State::kIdle;

  std::vector<std::string> addresses_;  ///< of the last look-up that found any
  size_t next_address_ = 0;
  size_t addresses_left_ = 0;
  Instant give_up_at_;
  std::string last_what_;  ///< of the last address tried
  WsFailure::End last_end_ = WsFailure::End::kConnect;

  std::string out_;  ///< frames; those before written_ are gone
  size_t written_ = 0;
  bool is_flush_due_ = false;

  WsReader reader_;
  uint64_t connection_ = 0;  ///< counts them: a callback may have begun another

  bool has_heard_ = false;  ///< since the last ping
  uint32_t ping_misses_ = 0;
  bool is_pong_due_ = false;
  std::string pong_;
  Instant pong_allowed_at_;

  std::unique_ptr<Timer> timeout_;
  std::unique_ptr<Timer> address_due_;
  std::unique_ptr<Timer> ping_due_;
  std::unique_ptr<Timer> pong_due_;
};

using WsClientPtr = WsClient::Ptr;

}  // namespace sidecar

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/acceptor.h"
#include "net/http_server.h"
#include "net/loop.h"

namespace sidecar {

/// The answer of a control page.
struct ControlAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

/// A mock provider's pages on a port of their own, which faults do not reach:
///   GET /stats, GET /health, GET /control, POST /control
/// Not: it knows nothing of faults; what the pages say is its owner's.
/// Owner: MockProvider. Closing is in two phases: close(), then destruction after on_closed ran.
class MockControl final : private HttpServerSink {
 public:
  using Page =
      std::function<ControlAnswer(bool is_post, std::string_view path, std::string_view body)>;

  /// Errors: kInUse, kPermission, kSystem for the address.
  static Result<std::unique_ptr<MockControl>> create(Loop& loop, const std::string& host,
                                                     uint16_t port, Page page);
  MockControl(const MockControl&) = delete;
  MockControl& operator=(const MockControl&) = delete;

  void close(std::function<void()> on_closed);

  uint16_t port() const { return port_; }

  /// Whether a request is for one of these pages.
  static bool is_page(const HttpHead& head);
  static bool is_page(bool is_post, std::string_view path);

 private:
  explicit MockControl(Page page) : page_(std::move(page)) {}

  HttpVerdict on_http_head(const HttpHead& head) override;
  void on_http_request(HttpExchangeId id, uint64_t tag, bool is_post, std::string_view path,
                       std::string_view body) override;
  void on_http_gone(HttpExchangeId) override {}
  void on_http_drained(HttpExchangeId) override {}
  void on_ws_open(WebSocketId, uint64_t) override {}
  void on_ws_text(WebSocketId, std::string_view) override {}
  void on_ws_drained(WebSocketId) override {}
  void on_ws_closed(WebSocketId) override {}
  void on_http_connection_closed() override {}

  Page page_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Acceptor> acceptor_;
  uint16_t port_ = 0;
};

}  // namespace sidecar

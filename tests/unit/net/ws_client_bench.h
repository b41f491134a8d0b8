#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/loop.h"
#include "net/ws_client.h"
// doctest after ours: base/check.h has a CHECK too.
#include <doctest/doctest.h>

#include "tests/support/ws_peer.h"

namespace sidecar::testing {

/// Writes down what a WsClient tells.
struct Heard final : WsClientSink {
  void on_ws_connected() override { ++connected_count; }
  void on_ws_text(std::string_view text) override { texts.emplace_back(text); }
  void on_ws_failed(const WsFailure& failure) override {
    ++failed_count;
    end = failure.end;
    what = failure.what;
    http_status = failure.http_status;
    retry_after = failure.retry_after;
    close_code = failure.close_code;
  }

  int connected_count = 0;
  std::vector<std::string> texts;
  int failed_count = 0;
  WsFailure::End end = WsFailure::End::kClosed;
  std::string what;
  int http_status = 0;
  std::string retry_after;
  int close_code = 0;
};

/// A WsClient on its own loop, and the server that it connects to.
struct Bench {
  Bench() : loop(std::move(Loop::create()).value()) { options.url = Secret(peer.url()); }
  ~Bench() {
    client.reset();
    turn(*loop, 16);
  }
  void connect() {
    if (!client) {
      auto made = WsClient::create(*loop, options, 1, heard);
      REQUIRE(made.ok());
      client = std::move(made).value();
    }
    client->connect();
  }
  /// Connects and answers with 101 and what `more` says in the same segment.
  void come_up(std::string_view more = {}) {
    connect();
    REQUIRE(peer.accept(*loop));
    peer.send(peer.upgrade() + std::string(more));
    REQUIRE(until([this]() { return heard.connected_count > 0; }));
  }
  bool until(const std::function<bool()>& is_done) { return turn_until(*loop, is_done); }
  bool fails() {
    return until([this]() { return heard.failed_count > 0; });
  }

  WsPeer peer;
  std::unique_ptr<Loop> loop;
  WsClientOptions options;
  Heard heard;
  WsClientPtr client;
};

}  // namespace sidecar::testing

#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/slot_map.h"
#include "net/curl_multi.h"
#include "net/http_client.h"

namespace sidecar {

struct CurlExchanges;

/// One POST on its way, and the easy handle that carries it. Owner: CurlExchanges.
struct CurlExchange {
  CurlExchanges* client = nullptr;
  HttpCallId id = 0;
  uint64_t tag = 0;
  CURL* easy = nullptr;
  std::string body;
  int status = 0;
  size_t body_bytes = 0;
  size_t header_bytes = 0;
  size_t header_lines = 0;
  std::string content_length;  ///< of the response head being read
  bool has_transfer_encoding = false;
  HttpResult::End broken = HttpResult::End::kAnswered;  ///< why our callback made curl give up
  const char* broken_detail = "";
  bool is_rate_watched = false;
  bool is_added = false;
  bool is_held = false;    ///< the sink said kFull: the next bytes pause curl
  bool is_paused = false;  ///< curl holds bytes back for us
};

/// The inside of HttpClient: its exchanges, and the easy handles that are set up once and used
/// again. Not: it decides nothing; callbacks of curl land here and go on to the sink. Owner:
/// HttpClient.
struct CurlExchanges {
  CurlExchanges(Loop& the_loop, HttpClientOptions the_options, HttpClientSink& the_sink)
      : loop(the_loop),
        options(std::move(the_options)),
        sink(the_sink),
        multi(loop, options.connections_max, options.streams_max,
              [this](CURL* easy, int code) { on_done(easy, static_cast<CURLcode>(code)); }) {}

  ~CurlExchanges() {
    exchanges.for_each([this](uint64_t, std::unique_ptr<CurlExchange>& exchange) {
      if (exchange->is_added) {
        multi.remove(exchange->easy);
      }
      curl_easy_cleanup(exchange->easy);
    });
    for (auto& exchange : doomed) {
      multi.remove(exchange->easy);
      curl_easy_cleanup(exchange->easy);
    }
    for (CURL* easy : idle) {
      curl_easy_cleanup(easy);
    }
    curl_slist_free_all(headers);
    curl_url_cleanup(parsed_url);
  }

  CURL* make_easy();
  void set_up_tls(CURL* easy) const;
  void on_done(CURL* easy, CURLcode code);
  size_t on_header(CurlExchange& exchange, std::string_view line);
  size_t on_body(CurlExchange& exchange, std::string_view bytes);
  size_t give_up(CurlExchange& exchange, HttpResult::End end, const char* detail);
  void retire(std::unique_ptr<CurlExchange> exchange);

  Loop& loop;
  HttpClientOptions options;
  HttpClientSink& sink;
  uint64_t connections_made = 0;
  curl_slist* headers = nullptr;
  CURLU* parsed_url = nullptr;
  CurlMulti multi;
  SlotMap<std::unique_ptr<CurlExchange>> exchanges;
  std::vector<HttpCallId> starting;
  std::vector<HttpCallId> resuming;
  std::vector<std::unique_ptr<CurlExchange>> doomed;  ///< cancelled while curl was calling back
  std::vector<CURL*> idle;
  bool was_connected = false;  ///< the socket closed last
  bool is_http2 = false;
  bool is_turn_end_due = false;
};

}  // namespace sidecar

#include "net/http_client.h"

#include <strings.h>

#include <algorithm>
#include <utility>

#include "net/curl_exchanges.h"

namespace sidecar {

namespace {

bool is_loopback(const std::string& url) {
  return url.starts_with("http://127.") || url.starts_with("http://localhost") ||
         url.starts_with("http://[::1]");
}

bool is_configured(const HttpClientOptions& options, std::string_view header) {
  return std::any_of(options.headers.begin(), options.headers.end(), [header](const auto& each) {
    return each.first.size() == header.size() &&
           ::strncasecmp(each.first.data(), header.data(), header.size()) == 0;
  });
}

}  // namespace

Result<std::unique_ptr<HttpClient>> HttpClient::create(Loop& loop, const HttpClientOptions& options,
                                                       HttpClientSink& sink) {
  static const CURLcode is_ready = curl_global_init(CURL_GLOBAL_ALL);
  if (is_ready != CURLE_OK) {
    return Error{Errc::kSystem, curl_easy_strerror(is_ready)};
  }
  auto curl = std::make_unique<CurlExchanges>(loop, options, sink);
  const std::string& url = options.url.reveal();
  curl->parsed_url = curl_url();
  CHECK(curl->parsed_url != nullptr);
  if (curl_url_set(curl->parsed_url, CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return Error{Errc::kInvalid, "not a URL"};
  }
  for (const auto& [name, value] : options.headers) {
    curl->headers = curl_slist_append(curl->headers, (name + ": " + value.reveal()).c_str());
  }
  // curl prints a header of its own twice, letter by letter; of this list, once. Compressing for a
  // neighbour costs both more than the bytes.
  const bool is_near = !options.unix_path.empty() || is_loopback(url);
  const std::pair<std::string_view, std::string> ours[] = {
      {"Content-Type", "application/json"},
      {"User-Agent", options.user_agent},
      {"Accept", is_near ? "" : "application/json"},  // without a value: not sent at all
      {"Accept-Encoding", is_near ? "" : "gzip"},
      {"Expect", ""},  // no round trip before large bodies
  };
  for (const auto& [name, value] : ours) {
    if (!is_configured(options, name)) {
      const std::string line = std::string(name) + ":" + (value.empty() ? "" : " ") + value;
      curl->headers = curl_slist_append(curl->headers, line.c_str());
    }
  }
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(curl)));
}

HttpClient::HttpClient(std::unique_ptr<CurlExchanges> curl) : curl_(std::move(curl)) {}

HttpClient::~HttpClient() {
  if (curl_->is_turn_end_due) {
    curl_->loop.forget_turn_end(*this);
  }
}

HttpCallId HttpClient::start(uint64_t tag, std::string body, bool may_repeat) {
  auto exchange = std::make_unique<CurlExchange>();
  CurlExchange& kept = *exchange;
  kept.client = curl_.get();
  kept.tag = tag;
  kept.body = std::move(body);
  kept.easy = curl_->make_easy();
  kept.id = curl_->exchanges.insert(std::move(exchange));
  curl_easy_setopt(kept.easy, CURLOPT_PRIVATE, &kept);
  curl_easy_setopt(kept.easy, CURLOPT_HEADERDATA, &kept);
  curl_easy_setopt(kept.easy, CURLOPT_WRITEDATA, &kept);
  curl_easy_setopt(kept.easy, CURLOPT_POSTFIELDS, kept.body.data());
  curl_easy_setopt(kept.easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(kept.body.size()));
  // curl posts again by itself when a kept-alive connection was dead, unless the connection is new.
  curl_easy_setopt(kept.easy, CURLOPT_FRESH_CONNECT, may_repeat ? 0L : 1L);
  curl_->starting.push_back(kept.id);
  if (!curl_->is_turn_end_due) {
    curl_->is_turn_end_due = true;
    curl_->loop.at_turn_end(*this);
  }
  return kept.id;
}

bool HttpClient::cancel(HttpCallId id) {
  std::unique_ptr<CurlExchange>* found = curl_->exchanges.find(id);
  if (found == nullptr) {
    return false;
  }
  std::unique_ptr<CurlExchange> exchange = std::move(*found);
  curl_->exchanges.erase(id);
  if (!exchange->is_added) {
    curl_->retire(std::move(exchange));
    return false;
  }
  long request_bytes = 0;
  curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
  if (curl_->multi.is_inside()) {
    curl_->doomed.push_back(std::move(exchange));
    if (!curl_->is_turn_end_due) {
      curl_->is_turn_end_due = true;
      curl_->loop.at_turn_end(*this);
    }
  } else {
    curl_->multi.remove(exchange->easy);
    curl_->retire(std::move(exchange));
  }
  return request_bytes > 0;
}

void HttpClient::resume(HttpCallId id) {
  curl_->resuming.push_back(id);
  if (!curl_->is_turn_end_due) {
    curl_->is_turn_end_due = true;
    curl_->loop.at_turn_end(*this);
  }
}

void HttpClient::on_turn_end() {
  CurlExchanges& curl = *curl_;
  curl.is_turn_end_due = false;
  for (auto& exchange : curl.doomed) {
    curl.multi.remove(exchange->easy);
    curl.retire(std::move(exchange));
  }
  curl.doomed.clear();
  for (const HttpCallId id : curl.starting) {
    if (auto* exchange = curl.exchanges.find(id)) {
      (*exchange)->is_added = true;
      curl.multi.add((*exchange)->easy);
    }
  }
  curl.starting.clear();
  std::vector<HttpCallId> resuming;
  resuming.swap(curl.resuming);
  for (const HttpCallId id : resuming) {
    auto* found = curl.exchanges.find(id);
    if (found == nullptr) {
      continue;
    }
    CurlExchange& exchange = **found;
    exchange.is_held = false;
    if (std::exchange(exchange.is_paused, false)) {
      curl.multi.resume(exchange.easy);
    }
  }
  curl.multi.run();
}

size_t HttpClient::room() const {
  const size_t most = curl_->is_http2 ? curl_->options.streams_max : curl_->options.connections_max;
  const size_t busy = curl_->exchanges.size() + curl_->doomed.size();
  return busy < most ? most - busy : 0;
}

uint64_t HttpClient::connections_made() const {
  return curl_->connections_made;
}

size_t HttpClient::connection_count() const {
  return curl_->multi.kept_count();
}

}  // namespace sidecar

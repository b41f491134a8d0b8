#include "net/http_client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/slot_map.h"
#include "net/curl_multi.h"

namespace sidecar {

namespace {

constexpr size_t kHeaderBytesMax = 32 * 1024;
constexpr size_t kHeaderLinesMax = 200;
constexpr size_t kLengthDigitsMax = 18;  // what fits curl_off_t
constexpr int kDnsCacheSeconds = 30;
constexpr unsigned kUserTimeoutMs = 20'000;

/// `was_connected`: what the connection had come to when curl closed it.
HttpResult::End end_of(CURLcode code, bool is_sent, bool was_connected) {
  switch (code) {
    case CURLE_OK:
      return HttpResult::End::kAnswered;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_INTERFACE_FAILED:
      return HttpResult::End::kConnect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED:
      return HttpResult::End::kTls;
    case CURLE_OPERATION_TIMEDOUT:
      // It only says that connect_timeout or rate_window ran out; how far it got says which.
      return is_sent         ? HttpResult::End::kTimeout
             : was_connected ? HttpResult::End::kTls
                             : HttpResult::End::kConnect;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2_STREAM:
      return HttpResult::End::kClosed;
    default:
      return HttpResult::End::kProtocol;
  }
}

/// The value of a header line when it is the header called `name` (in lower case).
std::optional<std::string_view> header_value(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':' ||
      ::strncasecmp(line.data(), name.data(), name.size()) != 0) {
    return std::nullopt;
  }
  line.remove_prefix(name.size() + 1);
  const size_t begin = line.find_first_not_of(" \t");
  const size_t end = line.find_last_not_of(" \t\r\n");
  return begin == std::string_view::npos || end < begin ? std::string_view()
                                                        : line.substr(begin, end - begin + 1);
}

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

int on_socket_made(void*, curl_socket_t fd, curlsocktype) {
  // A peer behind a dead NAT acknowledges nothing: give up long before TCP's own quarter of an
  // hour.
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof(kUserTimeoutMs));
  return CURL_SOCKOPT_OK;
}

}  // namespace

struct HttpClient::Exchange {
  HttpClient::Curl* client = nullptr;
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

/// All that touches curl. The exchanges' easy handles are kept and used again, set up once.
struct HttpClient::Curl {
  Curl(Loop& the_loop, HttpClientOptions the_options, HttpClientSink& the_sink)
      : loop(the_loop),
        options(std::move(the_options)),
        sink(the_sink),
        multi(loop, options.connections_max, options.streams_max,
              [this](CURL* easy, int code) { on_done(easy, static_cast<CURLcode>(code)); }) {}

  ~Curl() {
    exchanges.for_each([this](uint64_t, std::unique_ptr<Exchange>& exchange) {
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
  size_t on_header(Exchange& exchange, std::string_view line);
  size_t on_body(Exchange& exchange, std::string_view bytes);
  size_t give_up(Exchange& exchange, HttpResult::End end, const char* detail);
  void retire(std::unique_ptr<Exchange> exchange);

  Loop& loop;
  HttpClientOptions options;
  HttpClientSink& sink;
  curl_slist* headers = nullptr;
  CURLU* parsed_url = nullptr;
  CurlMulti multi;
  SlotMap<std::unique_ptr<Exchange>> exchanges;
  std::vector<HttpCallId> starting;
  std::vector<HttpCallId> resuming;
  std::vector<std::unique_ptr<Exchange>> doomed;  ///< cancelled while curl was calling back
  std::vector<CURL*> idle;
  size_t sockets = 0;
  bool was_connected = false;  ///< the socket closed last
  bool is_http2 = false;
  bool is_turn_end_due = false;
};

CURL* HttpClient::Curl::make_easy() {
  if (!idle.empty()) {
    CURL* easy = idle.back();
    idle.pop_back();
    return easy;
  }
  CURL* easy = curl_easy_init();
  CHECK(easy != nullptr);
  const std::string& url = options.url.reveal();
  const bool is_tls = url.starts_with("https://");
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  // Ready parsed, for curl would parse and print the URL for each call.
  curl_easy_setopt(easy, CURLOPT_CURLU, parsed_url);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  if (!options.unix_path.empty()) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, options.unix_path.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  // What is compressed is read anyway; whether to ask for it is in `headers`.
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                   is_tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, is_tls ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, options.proxy.c_str());  // "" also switches off $http_proxy
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, static_cast<long>(kDnsCacheSeconds));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                   std::max(1L, static_cast<long>(options.rate_window.count() / 1000)));
  set_up_tls(easy);
  const auto on_header = [](char* line, size_t, size_t count, void* self) -> size_t {
    auto* exchange = static_cast<Exchange*>(self);
    return exchange->client->on_header(*exchange, {line, count});
  };
  const auto on_body = [](char* bytes, size_t, size_t count, void* self) -> size_t {
    auto* exchange = static_cast<Exchange*>(self);
    return exchange->client->on_body(*exchange, {bytes, count});
  };
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, +on_header);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, +on_body);
  const auto on_open = [](void* self, curlsocktype, curl_sockaddr* address) -> curl_socket_t {
    const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0) {
      return CURL_SOCKET_BAD;
    }
    static_cast<Curl*>(self)->sockets += 1;
    static_cast<Curl*>(self)->multi.keep(fd);
    return fd;
  };
  const auto on_close = [](void* self, curl_socket_t fd) -> int {
    auto* curl = static_cast<Curl*>(self);
    sockaddr_storage peer{};
    socklen_t length = sizeof(peer);
    curl->was_connected = ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) == 0;
    curl->sockets -= 1;
    curl->multi.forget(fd);
    return ::close(fd);
  };
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, +on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, +on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  if (options.unix_path.empty()) {
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, &on_socket_made);
  }
  return easy;
}

void HttpClient::Curl::set_up_tls(CURL* easy) const {
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
}

size_t HttpClient::Curl::on_header(Exchange& exchange, std::string_view line) {
  exchange.header_bytes += line.size();
  exchange.header_lines += 1;
  if (exchange.header_bytes > kHeaderBytesMax || exchange.header_lines > kHeaderLinesMax) {
    return give_up(exchange, HttpResult::End::kProtocol, "response header too large");
  }
  if (line.starts_with("HTTP/")) {  // a new head: the one before was a 1xx
    exchange.content_length.clear();
    exchange.has_transfer_encoding = false;
  } else if (const auto length = header_value(line, "content-length")) {
    // curl takes the last of several; whoever wrote them may mean another.
    if (length->size() > kLengthDigitsMax ||
        (!exchange.content_length.empty() && exchange.content_length != *length)) {
      return give_up(exchange, HttpResult::End::kProtocol, "bad Content-Length");
    }
    exchange.content_length = *length;
  } else if (header_value(line, "transfer-encoding")) {
    exchange.has_transfer_encoding = true;
  }
  if (exchange.has_transfer_encoding && !exchange.content_length.empty()) {
    return give_up(exchange, HttpResult::End::kProtocol, "Content-Length with Transfer-Encoding");
  }
  return line.size();
}

size_t HttpClient::Curl::on_body(Exchange& exchange, std::string_view bytes) {
  if (exchange.is_held) {
    exchange.is_paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  if (exchange.status == 0) {
    long status = 0;
    curl_easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
    exchange.status = static_cast<int>(status);
  } else if (!exchange.is_rate_watched) {
    // Only a body that comes in pieces can be too slow; before its first byte the node may think.
    exchange.is_rate_watched = true;
    curl_easy_setopt(exchange.easy, CURLOPT_LOW_SPEED_LIMIT,
                     static_cast<long>(options.rate_bytes_min));
  }
  if (exchange.body_bytes + bytes.size() > options.body_bytes_max) {
    return give_up(exchange, HttpResult::End::kTooLarge, "response body over response_bytes_max");
  }
  if (exchanges.find(exchange.id) == nullptr) {
    return 0;  // cancelled during this run of curl
  }
  exchange.body_bytes += bytes.size();
  const Flow flow = sink.on_http_body(exchange.tag, exchange.status, bytes);
  if (flow != Flow::kDropped) {
    exchange.is_held = flow == Flow::kFull;
    return bytes.size();
  }
  return give_up(exchange, HttpResult::End::kClosed, "given up");
}

size_t HttpClient::Curl::give_up(Exchange& exchange, HttpResult::End end, const char* detail) {
  exchange.broken = end;
  exchange.broken_detail = detail;
  return 0;
}

void HttpClient::Curl::on_done(CURL* easy, CURLcode code) {
  char* private_pointer = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private_pointer);
  auto* exchange = reinterpret_cast<Exchange*>(private_pointer);
  std::unique_ptr<Exchange>* owned = exchanges.find(exchange->id);
  if (owned == nullptr) {
    return;  // cancelled; the turn's end takes it off
  }
  long status = 0;
  long version = 0;
  long request_bytes = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
  is_http2 = version == 0 ? is_http2 : version == CURL_HTTP_VERSION_2_0;

  HttpResult result;
  result.status = static_cast<int>(status);
  result.may_be_sent = request_bytes > 0;
  result.end = end_of(code, result.may_be_sent, was_connected);
  result.detail = code == CURLE_OK ? "" : curl_easy_strerror(code);
  if (exchange->broken != HttpResult::End::kAnswered) {
    result.end = exchange->broken;
    result.detail = exchange->broken_detail;
  }
  std::unique_ptr<Exchange> done = std::move(*owned);
  exchanges.erase(done->id);
  const uint64_t tag = done->tag;
  multi.remove(easy);
  retire(std::move(done));
  sink.on_http_done(tag, result);
}

void HttpClient::Curl::retire(std::unique_ptr<Exchange> exchange) {
  if (idle.size() >= std::max(options.connections_max, options.streams_max)) {
    curl_easy_cleanup(exchange->easy);
    return;
  }
  if (exchange->is_rate_watched) {
    curl_easy_setopt(exchange->easy, CURLOPT_LOW_SPEED_LIMIT, 0L);
  }
  idle.push_back(exchange->easy);
}

Result<std::unique_ptr<HttpClient>> HttpClient::create(Loop& loop, const HttpClientOptions& options,
                                                       HttpClientSink& sink) {
  static const CURLcode is_ready = curl_global_init(CURL_GLOBAL_ALL);
  if (is_ready != CURLE_OK) {
    return Error{Errc::kSystem, curl_easy_strerror(is_ready)};
  }
  auto curl = std::make_unique<Curl>(loop, options, sink);
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

HttpClient::HttpClient(std::unique_ptr<Curl> curl) : curl_(std::move(curl)) {}

HttpClient::~HttpClient() {
  if (curl_->is_turn_end_due) {
    curl_->loop.forget_turn_end(*this);
  }
}

HttpCallId HttpClient::start(uint64_t tag, std::string body, bool may_repeat) {
  auto exchange = std::make_unique<Exchange>();
  Exchange& kept = *exchange;
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
  std::unique_ptr<Exchange>* found = curl_->exchanges.find(id);
  if (found == nullptr) {
    return false;
  }
  std::unique_ptr<Exchange> exchange = std::move(*found);
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
  Curl& curl = *curl_;
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
    Exchange& exchange = **found;
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

size_t HttpClient::connection_count() const {
  return curl_->sockets;
}

}  // namespace sidecar

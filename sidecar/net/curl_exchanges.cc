#include "net/curl_exchanges.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/check.h"

namespace sidecar {

namespace {

constexpr size_t kHeaderBytesMax = 32 * 1024;
constexpr size_t kHeaderLinesMax = 200;
constexpr size_t kLengthDigitsMax = 18;  // what fits curl_off_t
constexpr size_t kRetryAfterBytesMax = 64;
constexpr long kErrorStatusMin = 400;
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

long http_version_of(CURL* easy) {
  long version = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
  return version;
}

/// Of the last response. A copy, for curl's own dies with the handle.
std::string retry_after_of(CURL* easy) {
  curl_header* found = nullptr;
  if (curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &found) != CURLHE_OK) {
    return "";
  }
  return std::string(std::string_view(found->value).substr(0, kRetryAfterBytesMax));
}

int on_socket_made(void*, curl_socket_t fd, curlsocktype) {
  // A peer behind a dead NAT acknowledges nothing: give up long before TCP's own quarter of an
  // hour.
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof(kUserTimeoutMs));
  return CURL_SOCKOPT_OK;
}

}  // namespace

CURL* CurlExchanges::make_easy() {
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
    auto* exchange = static_cast<CurlExchange*>(self);
    return exchange->client->on_header(*exchange, {line, count});
  };
  const auto on_body = [](char* bytes, size_t, size_t count, void* self) -> size_t {
    auto* exchange = static_cast<CurlExchange*>(self);
    return exchange->client->on_body(*exchange, {bytes, count});
  };
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, +on_header);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, +on_body);
  const auto on_close = [](void* self, curl_socket_t fd) -> int {
    auto* curl = static_cast<CurlExchanges*>(self);
    sockaddr_storage peer{};
    socklen_t length = sizeof(peer);
    curl->was_connected = ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) == 0;
    curl->multi.forget(fd);
    return ::close(fd);
  };
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, +on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  if (options.unix_path.empty()) {
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, &on_socket_made);
  }
  return easy;
}

void CurlExchanges::set_up_tls(CURL* easy) const {
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
}

size_t CurlExchanges::on_header(CurlExchange& exchange, std::string_view line) {
  exchange.header_bytes += line.size();
  exchange.header_lines += 1;
  if (exchange.header_bytes > kHeaderBytesMax || exchange.header_lines > kHeaderLinesMax) {
    return give_up(exchange, HttpResult::End::kProtocol, "response header too large");
  }
  if (exchange.header_lines == 1) {
    multi.keep(exchange.easy);
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

size_t CurlExchanges::on_body(CurlExchange& exchange, std::string_view bytes) {
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
    // curl 7.88 stops a whole HTTP/2 connection where one paused stream's bytes find no room, and
    // now and then forgets to go on with it.
    exchange.is_held =
        flow == Flow::kFull && http_version_of(exchange.easy) != CURL_HTTP_VERSION_2_0;
    return bytes.size();
  }
  return give_up(exchange, HttpResult::End::kClosed, "given up");
}

size_t CurlExchanges::give_up(CurlExchange& exchange, HttpResult::End end, const char* detail) {
  exchange.broken = end;
  exchange.broken_detail = detail;
  return 0;
}

void CurlExchanges::on_done(CURL* easy, CURLcode code) {
  char* private_pointer = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private_pointer);
  auto* exchange = reinterpret_cast<CurlExchange*>(private_pointer);
  std::unique_ptr<CurlExchange>* owned = exchanges.find(exchange->id);
  if (owned == nullptr) {
    return;  // cancelled; the turn's end takes it off
  }
  long status = 0;
  long request_bytes = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  const long version = http_version_of(easy);
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
  const std::string retry_after = status >= kErrorStatusMin ? retry_after_of(easy) : "";
  result.retry_after = retry_after;
  std::unique_ptr<CurlExchange> done = std::move(*owned);
  exchanges.erase(done->id);
  const uint64_t tag = done->tag;
  multi.remove(easy);
  retire(std::move(done));
  sink.on_http_done(tag, result);
}

void CurlExchanges::retire(std::unique_ptr<CurlExchange> exchange) {
  // A handle that had to connect may have done so because a kept connection was dead, and curl
  // counts such repeats over a handle's whole life: at the sixth it gives up.
  long connects = 0;
  curl_easy_getinfo(exchange->easy, CURLINFO_NUM_CONNECTS, &connects);
  connections_made += static_cast<uint64_t>(connects);
  if (connects > 0 || idle.size() >= std::max(options.connections_max, options.streams_max)) {
    curl_easy_cleanup(exchange->easy);
    return;
  }
  if (exchange->is_rate_watched) {
    curl_easy_setopt(exchange->easy, CURLOPT_LOW_SPEED_LIMIT, 0L);
  }
  idle.push_back(exchange->easy);
}

}  // namespace sidecar

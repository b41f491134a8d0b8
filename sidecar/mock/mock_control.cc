#include "mock/mock_control.h"

#include <utility>

namespace sidecar {

namespace {

constexpr uint32_t kBacklog = 64;

}  // namespace

Result<std::unique_ptr<MockControl>> MockControl::create(Loop& loop, const std::string& host,
                                                         uint16_t port, Page page) {
  std::unique_ptr<MockControl> control(new MockControl(std::move(page)));
  MockControl& self = *control;
  auto acceptor = Acceptor::listen_tcp(
      loop, host, port, kBacklog, [&self](int fd) { self.server_->adopt(fd); }, [] {});
  if (!acceptor.ok()) {
    return acceptor.error();
  }
  auto server = HttpServer::create(loop, {}, self);
  if (!server.ok()) {
    return server.error();
  }
  control->acceptor_ = std::move(acceptor).value();
  control->port_ = control->acceptor_->port();
  control->server_ = std::move(server).value();
  return control;
}

void MockControl::close(std::function<void()> on_closed) {
  acceptor_.reset();
  server_->close(std::move(on_closed));
}

bool MockControl::is_page(bool is_post, std::string_view path) {
  return path == "/control" || (!is_post && (path == "/stats" || path == "/health"));
}

bool MockControl::is_page(const HttpHead& head) {
  const bool is_post = head.method == "POST";
  const bool is_read = head.method == "GET" || head.method == "HEAD";
  return (is_post || is_read) && is_page(is_post, head.path);
}

HttpVerdict MockControl::on_http_head(const HttpHead& head) {
  if (is_page(head) && !head.is_upgrade) {
    return {};
  }
  return {.status = 404, .reason = "GET /stats, /health or /control; POST /control\n"};
}

void MockControl::on_http_request(HttpExchangeId id, uint64_t, bool is_post, std::string_view path,
                                  std::string_view body) {
  ControlAnswer answer = page_(is_post, path, body);
  server_->reply(id, answer.status, answer.content_type, std::move(answer.body));
}

}  // namespace sidecar

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/loop.h"
#include "tests/support/socket_pair.h"

namespace sidecar::testing {

/// One HTTP answer as it came; status 0 when the connection ended without one.
struct HttpAnswer {
  int status = 0;
  std::string head;
  std::string body;
  bool is_complete = false;
};

/// A plain HTTP/1.1 client on loopback TCP that turns the loop of the server under test.
class MockClient {
 public:
  MockClient(Loop& loop, uint16_t port) : loop_(loop) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    REQUIRE(fd_ >= 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  }
  ~MockClient() { leave(); }
  MockClient(const MockClient&) = delete;
  MockClient& operator=(const MockClient&) = delete;

  void leave() {
    if (fd_ >= 0) {
      ::close(fd_);
      fd_ = -1;
    }
  }
  void send(std::string_view bytes) {
    const bool is_sent = turn_until(loop_, [&] {
      const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      bytes.remove_prefix(count > 0 ? static_cast<size_t>(count) : 0);
      return bytes.empty();
    });
    REQUIRE(is_sent);
  }
  void send_post(std::string_view body, std::string_view type = "application/json") {
    send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  }
  /// What has come and was not looked at; false at the end of the connection.
  bool receive() {
    char buffer[65536];
    const ssize_t count = ::recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (count > 0) {
      got_.append(buffer, static_cast<size_t>(count));
    }
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == ENOTCONN));
  }
  HttpAnswer answer() {
    HttpAnswer answer;
    turn_until(loop_, [&] {
      const bool is_open = receive();
      return take(answer) || !is_open;
    });
    return answer;
  }
  HttpAnswer post(std::string_view body, std::string_view type = "application/json") {
    send_post(body, type);
    return answer();
  }
  HttpAnswer get(std::string_view path) {
    send("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return answer();
  }

 private:
  bool take(HttpAnswer& answer) {
    const size_t head = got_.find("\r\n\r\n");
    if (head == std::string::npos) {
      return false;
    }
    answer.head = got_.substr(0, head + 2);
    answer.status = std::atoi(got_.c_str() + sizeof("HTTP/1.1"));
    const size_t length = answer.head.find("Content-Length: ");
    const std::string_view rest = std::string_view(got_).substr(head + 4);
    size_t used = 0;
    if (length == std::string::npos) {
      used = take_chunks(rest, answer.body);
    } else {
      const size_t size = std::strtoull(answer.head.c_str() + length + 16, nullptr, 10);
      used = rest.size() >= size ? size : std::string::npos;
      answer.body = rest.substr(0, size);
    }
    answer.is_complete = used != std::string::npos;
    if (answer.is_complete) {
      got_.erase(0, head + 4 + used);
    }
    return answer.is_complete;
  }
  static size_t take_chunks(std::string_view text, std::string& body) {
    body.clear();
    for (size_t at = 0;;) {
      const size_t line = text.find("\r\n", at);
      if (line == std::string_view::npos) {
        return line;
      }
      const size_t size =
          std::strtoull(std::string(text.substr(at, line - at)).c_str(), nullptr, 16);
      if (text.size() < line + 2 + size + 2) {
        return std::string_view::npos;
      }
      body += text.substr(line + 2, size);
      at = line + 2 + size + 2;
      if (size == 0) {
        return at;
      }
    }
  }

  Loop& loop_;
  int fd_ = -1;
  std::string got_;
};

}  // namespace sidecar::testing

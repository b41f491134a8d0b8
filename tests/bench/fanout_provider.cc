#include "fanout_provider.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "load_io.h"
#include "tests/support/sha1.h"

namespace sidecar::testing {
namespace {

constexpr std::string_view kSubscription = "\"0xfa40\"";
constexpr size_t kReadBytes = 64 << 10;

/// Of a text that the sidecar wrote: members without spaces, strings without escapes.
std::string_view member(std::string_view json, std::string_view key) {
  const size_t at = json.find(key);
  if (at == std::string_view::npos) {
    return {};
  }
  const std::string_view rest = json.substr(at + key.size());
  return rest.substr(0, rest.find_first_of(",}"));
}

}  // namespace

FanoutProvider::FanoutProvider(const FanoutHeads& heads) : heads_(heads) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* where = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, where, length) != 0 || ::listen(listener_, 1) != 0 ||
      ::getsockname(listener_, where, &length) != 0) {
    die_errno("listening");
  }
  port_ = ntohs(address.sin_port);
}

FanoutProvider::~FanoutProvider() {
  ::close(listener_);
  if (connection_ >= 0) {
    ::close(connection_);
  }
}

int FanoutProvider::accept() {
  if (connection_ >= 0) {
    die("the sidecar opened a second connection");
  }
  connection_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection_ < 0) {
    die_errno("accept");
  }
  const int on = 1;
  ::setsockopt(connection_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  std::array<char, 4096> chunk;
  while (in_.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = ::recv(connection_, chunk.data(), chunk.size(), 0);
    if (count <= 0) {
      die("the sidecar did not finish its request");
    }
    in_.append(chunk.data(), static_cast<size_t>(count));
  }
  constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
  const size_t at = in_.find(kKey);
  if (at == std::string::npos) {
    die("a request without a key");
  }
  const std::string key = in_.substr(at + kKey.size(), 24);
  in_.erase(0, in_.find("\r\n\r\n") + 4);
  write_blocking(connection_,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
                     sha1_base64(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11") + "\r\n\r\n");
  return connection_;
}

void FanoutProvider::take() {
  std::array<char, kReadBytes> chunk;
  const ssize_t count = ::recv(connection_, chunk.data(), chunk.size(), 0);
  if (count <= 0) {
    die("the sidecar hung up on its provider");
  }
  in_.append(chunk.data(), static_cast<size_t>(count));
  take_frames();
  flush();
}

void FanoutProvider::take_frames() {
  while (in_.size() >= 6) {
    const auto byte = [this](size_t at) {
      return static_cast<size_t>(static_cast<uint8_t>(in_[at]));
    };
    const bool is_long = (byte(1) & 0x7f) == 126;
    const size_t head = is_long ? 8 : 6;
    const size_t length = is_long ? byte(2) << 8 | byte(3) : byte(1) & 0x7f;
    if (in_.size() < head + length) {
      return;
    }
    std::string payload = in_.substr(head, length);
    for (size_t i = 0; i < length; ++i) {
      payload[i] = static_cast<char>(payload[i] ^ in_[head - 4 + i % 4]);
    }
    const size_t opcode = byte(0) & 0x0f;
    in_.erase(0, head + length);
    if (opcode == 9) {
      out_ += '\x8a';
      out_ += static_cast<char>(payload.size());
      out_ += payload;
    } else if (opcode == 1) {
      answer(payload);
    } else {
      die("the sidecar sent a frame of kind " + std::to_string(opcode));
    }
  }
}

void FanoutProvider::answer(std::string_view request) {
  append_text(R"({"jsonrpc":"2.0","id":)" + std::string(member(request, R"("id":)")) + "," +
              result_of(request) + "}");
}

std::string FanoutProvider::result_of(std::string_view request) {
  const std::string_view method = member(request, R"("method":)");
  std::string result = R"("result":)";
  if (method == R"("eth_subscribe")") {
    if (is_subscribed_) {
      die("the sidecar subscribed twice");
    }
    is_subscribed_ = true;
    return result.append(kSubscription);
  }
  if (method == R"("eth_getBlockByNumber")") {
    return result.append(heads_.header(heads_.newest()));
  }
  if (method == R"("eth_blockNumber")") {
    return result + '"' + quantity(heads_.newest()) + '"';
  }
  if (method == R"("eth_chainId")") {
    return result + R"("0x1")";
  }
  if (method == R"("eth_syncing")") {
    return result + "false";
  }
  return R"("error":{"code":-32601,"message":"the method does not exist"})";
}

void FanoutProvider::tell(std::string_view header) {
  append_text(R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":)" +
              std::string(kSubscription) + R"(,"result":)" + std::string(header) + "}}");
}

void FanoutProvider::flush() {
  write_blocking(connection_, out_);
  out_.clear();
}

void FanoutProvider::append_text(std::string_view text) {
  out_ += '\x81';
  if (text.size() < 126) {
    out_ += static_cast<char>(text.size());
  } else {
    out_ += {'\x7e', static_cast<char>(text.size() >> 8), static_cast<char>(text.size())};
  }
  out_.append(text);
}

}  // namespace sidecar::testing

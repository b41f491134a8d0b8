#include "net/http_output.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "net/loop.h"

namespace sidecar {

std::string& HttpOutput::text() {
  if (text_.empty()) {
    text_ = loop_.take_buffer();
  }
  return text_;
}

void HttpOutput::set_body(std::string body) {
  CHECK(body_.empty());
  body_ = std::move(body);
}

bool HttpOutput::send_to(int fd) {
  iovec parts[2];
  size_t count = 0;
  if (sent_ < text_.size()) {
    parts[count++] = {text_.data() + sent_, text_.size() - sent_};
  }
  const size_t body_sent = sent_ > text_.size() ? sent_ - text_.size() : 0;
  if (body_sent < body_.size()) {
    parts[count++] = {body_.data() + body_sent, body_.size() - body_sent};
  }
  if (count == 0) {
    return true;
  }
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = count;
  const ssize_t written = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (written < 0) {
    return errno == EAGAIN || errno == EINTR;
  }
  sent_ += static_cast<size_t>(written);
  if (unsent_bytes() == 0) {
    clear();
  } else if (body_.empty() && sent_ > text_.size() / 2) {
    text_.erase(0, sent_);  // a text that is written to while it drains must not grow for ever
    sent_ = 0;
  }
  return true;
}

void HttpOutput::move_to(std::string& target) {
  const size_t text_sent = std::min(sent_, text_.size());
  target.append(text_, text_sent);
  target.append(body_, sent_ - text_sent);
  clear();
}

void HttpOutput::clear() {
  loop_.give_back(std::exchange(text_, {}));
  loop_.give_back(std::exchange(body_, {}));
  sent_ = 0;
}

}  // namespace sidecar

#include "net/host_lookup.h"

#include <netdb.h>
#include <uv.h>

#include <utility>

namespace sidecar {

/// Lives until libuv is through with it, so it may outlive its owner.
struct HostLookup::Request {
  uv_getaddrinfo_t uv;
  HostLookup* owner;
};

HostLookup::HostLookup(Loop& loop, std::string host, OnDone on_done)
    : loop_(loop), host_(std::move(host)), on_done_(std::move(on_done)) {}

HostLookup::~HostLookup() {
  if (request_ != nullptr) {
    request_->owner = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&request_->uv));
  }
}

void HostLookup::start() {
  if (request_ != nullptr) {
    return;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  in6_addr number{};
  if (uv_inet_pton(AF_INET, host_.c_str(), &number) == 0 ||
      uv_inet_pton(AF_INET6, host_.c_str(), &number) == 0) {
    hints.ai_flags = AI_NUMERICHOST;
  }
  request_ = new Request{{}, this};
  request_->uv.data = request_;
  const auto on_found = [](uv_getaddrinfo_t* uv, int status, addrinfo* found) {
    auto* request = static_cast<Request*>(uv->data);
    std::vector<std::string> addresses;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
      char text[64] = "";
      if (one->ai_family == AF_INET) {
        uv_ip4_name(reinterpret_cast<const sockaddr_in*>(one->ai_addr), text, sizeof(text));
      } else if (one->ai_family == AF_INET6) {
        uv_ip6_name(reinterpret_cast<const sockaddr_in6*>(one->ai_addr), text, sizeof(text));
      }
      if (text[0] != '\0') {
        addresses.emplace_back(text);
      }
    }
    uv_freeaddrinfo(found);
    HostLookup* owner = request->owner;
    delete request;
    if (owner != nullptr) {
      owner->request_ = nullptr;
      owner->on_done_(std::move(addresses), status == 0 ? "no address" : uv_strerror(status));
    }
  };
  const int rc =
      uv_getaddrinfo(loop_.raw(), &request_->uv, on_found, host_.c_str(), nullptr, &hints);
  CHECK(rc == 0);  // only a name over 255 bytes or no memory fails here
}

}  // namespace sidecar

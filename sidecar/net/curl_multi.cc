#include "net/curl_multi.h"

#include <curl/curl.h>
#include <uv.h>

#include <utility>

#include "base/check.h"

namespace sidecar {

/// The poller of one of curl's sockets; freed in its close callback.
struct CurlMulti::Watch {
  uv_poll_t poll;
  CurlMulti* multi;
  int fd;
  CURL* easy = nullptr;    // for which curl watches it, or did last; only to compare
  int events = 0;          // those polled for
  bool is_wanted = false;  // by curl; false: a kept connection between two requests
  bool is_kept = false;
};

CurlMulti::CurlMulti(Loop& loop, uint32_t connections_max, uint32_t streams_max, OnDone on_done)
    : loop_(loop), multi_(curl_multi_init()), on_done_(std::move(on_done)) {
  CHECK(multi_ != nullptr);
  timer_ = loop.make_timer([this]() { run(); });
  const auto on_socket = [](CURL* easy, curl_socket_t fd, int what, void* self, void*) -> int {
    static_cast<CurlMulti*>(self)->watch(easy, fd, what);
    return 0;
  };
  const auto on_timer = [](CURLM*, long delay_ms, void* self) -> int {
    static_cast<CurlMulti*>(self)->set_timer(delay_ms);
    return 0;
  };
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, +on_socket);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, +on_timer);
  curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(connections_max));
  curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(connections_max));
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(connections_max));
  curl_multi_setopt(multi_, CURLMOPT_MAX_CONCURRENT_STREAMS, static_cast<long>(streams_max));
}

CurlMulti::~CurlMulti() {
  curl_multi_cleanup(multi_);
}

void CurlMulti::add(CURL* easy) {
  CHECK(curl_multi_add_handle(multi_, easy) == CURLM_OK);
}

void CurlMulti::remove(CURL* easy) {
  CHECK(!is_inside_);
  curl_multi_remove_handle(multi_, easy);
}

void CurlMulti::resume(CURL* easy) {
  is_inside_ = true;  // curl hands over what it held back from within this call
  curl_easy_pause(easy, CURLPAUSE_CONT);
  is_inside_ = false;
}

// CURLINFO_ACTIVESOCKET would tell the socket, but knows none while a handle is being served.
void CurlMulti::keep(CURL* easy) {
  if (kept_count_ == watches_.size()) {
    return;  // as nearly always
  }
  for (const auto& [fd, watch] : watches_) {
    if (watch->easy == easy && watch->is_wanted && !watch->is_kept) {
      watch->is_kept = true;
      ++kept_count_;
    }
  }
}

void CurlMulti::forget(int fd) {
  const auto found = watches_.find(fd);
  if (found != watches_.end()) {
    unwatch(found->second);
  }
}

void CurlMulti::unwatch(Watch* watch) {
  kept_count_ -= watch->is_kept ? 1 : 0;
  watches_.erase(watch->fd);
  uv_poll_stop(&watch->poll);
  uv_close(reinterpret_cast<uv_handle_t*>(&watch->poll),
           [](uv_handle_t* handle) { delete static_cast<Watch*>(handle->data); });
}

// curl forgets what was assigned to a socket when it wants no more events, hence watches_.
void CurlMulti::watch(CURL* easy, int fd, int what) {
  const auto found = watches_.find(fd);
  Watch* watch = found != watches_.end() ? found->second : nullptr;
  if (what == CURL_POLL_REMOVE) {
    if (watch != nullptr && watch->is_kept) {
      watch->is_wanted = false;
    } else if (watch != nullptr) {
      unwatch(watch);
    }
    return;
  }
  if (watch == nullptr) {
    watch = new Watch{{}, this, fd};
    uv_poll_init_socket(loop_.raw(), &watch->poll, fd);
    watch->poll.data = watch;
    watches_.emplace(fd, watch);
  }
  watch->easy = easy;
  watch->is_wanted = true;
  const int events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) |
                     ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
  if (events == watch->events) {
    return;
  }
  watch->events = events;
  uv_poll_start(&watch->poll, events, [](uv_poll_t* poll, int status, int ready) {
    auto* self = static_cast<Watch*>(poll->data);
    if (!self->is_wanted) {
      // The peer closed an idle connection; curl finds out before it would use it again.
      self->events = 0;
      uv_poll_stop(poll);
      return;
    }
    if (status < 0) {
      self->events = 0;  // libuv has stopped it
    }
    // An error as readable: curl finds a reset by reading, and only then repeats what it may.
    int flags = status < 0 ? CURL_CSELECT_IN : 0;
    flags |= (ready & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0;
    flags |= (ready & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
    self->multi->act(self->fd, flags);
  });
}

void CurlMulti::set_timer(long delay_ms) {
  if (delay_ms < 0) {
    timer_->cancel();
  } else {
    timer_->arm(loop_.now() + Millis(delay_ms));
  }
}

void CurlMulti::run() {
  act(CURL_SOCKET_TIMEOUT, 0);
}

void CurlMulti::act(int fd, int events) {
  int running = 0;
  is_inside_ = true;
  curl_multi_socket_action(multi_, fd, events, &running);
  is_inside_ = false;
  report_done();
}

void CurlMulti::report_done() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) {
      on_done_(message->easy_handle, message->data.result);
    }
  }
}

}  // namespace sidecar

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include "app/commands.h"
#include "app/socket_client.h"
#include "app/watch_request.h"
#include "client/rpcsidecar.h"
#include "rpc/json_text.h"

namespace sidecar {

namespace {

constexpr OptionRow kFirstAnswerOption{"--timeout", "DURATION",
                                       "until the subscription stands, such as 5s; default 30s"};
constexpr std::array<OptionRow, 6> kOptions{
    kSocketOption,
    kChainOption,
    kFirstAnswerOption,
    OptionRow{"--continuity", "NAME",
              "every (default), latest: newest only when slow, strict: end at a gap"},
    OptionRow{"--count", "N", "end after so many events; default: never"},
    OptionRow{"--gaps", "", "print gaps as {\"gap\":{...}} lines too, not to standard error"},
};

/// The fd that SIGINT and SIGTERM make readable; they end nothing by themselves while it lives.
class StopSignals {
 public:
  StopSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &signals, &before_);
    fd_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals() {
    ::close(fd_);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  int fd() const { return fd_; }
  /// Takes what has come, so that it has no further effect.
  void take() {
    signalfd_siginfo info{};
    while (::read(fd_, &info, sizeof(info)) > 0) {
    }
  }

 private:
  sigset_t before_{};
  int fd_ = -1;
};

/// Prints what comes until something ends it.
class Watch {
 public:
  Watch(rpcs_client* client, bool prints_gaps, uint64_t count_max)
      : client_(client), prints_gaps_(prints_gaps), count_max_(count_max) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// The exit code.
  int run(rpcs_subscribe_request request) {
    StopSignals signals;
    request.on_event = on_event;
    request.on_end = on_end;
    request.user = this;
    request.subscribe_later = 1;
    rpcs_subscription* subscription = nullptr;
    const rpcs_status begun = rpcs_subscribe(client_, &request, &subscription);
    if (begun != RPCS_OK) {
      return fail(Error{Errc::kSystem, rpcs_last_error(client_)});
    }
    while (!code_) {
      turn(signals);
    }
    (void)rpcs_unsubscribe(subscription);  // or rpcs_close would tell this object of its end
    return *code_;
  }

 private:
  void turn(StopSignals& signals) {
    const int wants = rpcs_wants(client_);
    const int events =
        ((wants & RPCS_READ) != 0 ? POLLIN : 0) | ((wants & RPCS_WRITE) != 0 ? POLLOUT : 0);
    std::array<pollfd, 2> polled{pollfd{rpcs_fd(client_), static_cast<short>(events), 0},
                                 pollfd{signals.fd(), POLLIN, 0}};
    const int got = ::poll(polled.data(), polled.size(), rpcs_timeout_ms(client_));
    if (got > 0 && polled[1].revents != 0) {
      signals.take();
      code_ = kExitOk;
      return;
    }
    const int revents = got > 0 ? polled[0].revents : 0;
    (void)rpcs_process(client_, ((revents & (POLLIN | POLLHUP | POLLERR)) != 0 ? RPCS_READ : 0) |
                                    ((revents & POLLOUT) != 0 ? RPCS_WRITE : 0));
    tell_of_connection();
  }

  /// Once for each loss, not for each try after it.
  void tell_of_connection() {
    if (rpcs_fd(client_) >= 0 || is_told_ || code_) {
      return;
    }
    is_told_ = true;
    std::fprintf(stderr, "rpc-sidecar: %s; trying again\n", rpcs_last_error(client_));
  }

  void print(const std::string& line) {
    const bool is_written = std::fwrite(line.data(), 1, line.size(), stdout) == line.size();
    if (std::fflush(stdout) != 0 || !is_written) {
      code_ = fail(Error{Errc::kSystem, std::string("standard output: ") + std::strerror(errno)});
    }
  }

  void take(const rpcs_event_view& event) {
    if (code_) {
      return;
    }
    is_told_ = false;
    const std::string_view value(event.bytes, event.length);
    if (event.kind == RPCS_KIND_GAP && prints_gaps_) {
      print(gap_line(value));
    } else if (event.kind == RPCS_KIND_GAP) {
      std::fprintf(stderr, "rpc-sidecar: gap: %.*s\n", static_cast<int>(value.size()),
                   value.data());
    } else {
      print(watch_line(value));
      ++count_;
    }
    if (!code_ && count_ == count_max_) {
      code_ = kExitOk;
    }
  }

  void end(rpcs_status status, const char* error) {
    if (code_) {
      return;
    }
    if (status == RPCS_E_ENDED) {
      code_ = kExitOk;
    } else if (error[0] != '\0') {
      std::fprintf(stderr, "%s\n", error);
      code_ = kExitFailed;
    } else {
      const std::string why = rpcs_last_error(client_);
      code_ = fail(Error{Errc::kSystem,
                         std::string(rpcs_status_text(status)) + (why.empty() ? "" : ": " + why)});
    }
  }

  static void on_event(void* user, const rpcs_event_view* event) {
    static_cast<Watch*>(user)->take(*event);
  }
  static void on_end(void* user, rpcs_status status, const char* error) {
    static_cast<Watch*>(user)->end(status, error);
  }

  rpcs_client* client_;
  bool prints_gaps_;
  uint64_t count_max_;  ///< 0: none
  uint64_t count_ = 0;
  bool is_told_ = false;     ///< that the connection is lost
  std::optional<int> code_;  ///< set: it is over
};

Result<rpcs_continuity> continuity_of(const Arguments& arguments) {
  const std::string name = arguments.value_or("--continuity", "every");
  if (name == "every") {
    return RPCS_CONTINUITY_EVERY;
  }
  if (name == "latest") {
    return RPCS_CONTINUITY_LATEST;
  }
  if (name == "strict") {
    return RPCS_CONTINUITY_STRICT;
  }
  return Error{Errc::kInvalid, "--continuity: \"" + name + "\" is none of every, latest, strict"};
}

Result<uint64_t> count_of(const Arguments& arguments) {
  if (!arguments.has("--count")) {
    return uint64_t{0};
  }
  const std::string text = arguments.value_or("--count", "");
  const auto count = to_uint64(text);
  if (!count || *count == 0) {
    return Error{Errc::kInvalid, "--count: \"" + text + "\" is no number from 1 on"};
  }
  return *count;
}

int watch(const Arguments& arguments) {
  const auto asked = watch_request(arguments.positional);
  if (!asked.ok()) {
    return fail(asked.error());
  }
  const auto continuity = continuity_of(arguments);
  if (!continuity.ok()) {
    return fail(continuity.error());
  }
  const auto count = count_of(arguments);
  if (!count.ok()) {
    return fail(count.error());
  }
  const auto timeout_ms = timeout_of(arguments);
  if (!timeout_ms.ok()) {
    return fail(timeout_ms.error());
  }
  const auto client = connect_sidecar(arguments);
  if (!client.ok()) {
    return fail(client.error());
  }
  const std::string chain = arguments.value_or("--chain", "");
  rpcs_subscribe_request request{};
  request.method = asked.value().method.c_str();
  request.params = asked.value().params.empty() ? nullptr : asked.value().params.c_str();
  request.chain = chain.empty() ? nullptr : chain.c_str();
  request.continuity = continuity.value();
  request.timeout_ms = timeout_ms.value();
  return Watch(client.value().get(), arguments.has("--gaps"), count.value()).run(request);
}

}  // namespace

const Command kWatchCommand{
    .name = "watch",
    .positional = "KIND [PARAMS...]",
    .sentence = "subscribe through a running sidecar and print events as lines of JSON",
    .options = kOptions,
    .positional_min = 1,
    .positional_max = 3,
    .notes = kWatchKinds,
    .run = watch};

}  // namespace sidecar

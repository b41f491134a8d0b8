#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/ports.h"
#include "net/http_client.h"
#include "policy/fair_queue.h"
#include "upstream/options.h"
#include "upstream/response_reader.h"
#include "upstream/scrubber.h"

namespace sidecar {

/// One provider's HTTP endpoint: posts each attempt and reads its answer.
///
///   start ─▶ waiting (fair queue) ─▶ posted ─▶ body bytes ─▶ scanner ─┬─▶ whole: on_attempt_done
///                                                                     └─▶ long: on_attempt_part…
/// Not: it neither retries nor times attempts (core/dispatcher.h).
/// Limits: queue_max attempts wait, response_bytes_max a body; a result over stream_bytes_min is
/// passed on as it comes when the worker can take parts. While a session's results are held back
/// for want of room, nothing more is posted for it: the pool stays free for the others. All that is
/// held back takes held_bytes_max; the result that goes over it is given up. Owner: app.
/// Errors: as Outcomes, never inside start().
class HttpChannel final : public UpstreamPort, private HttpClientSink {
 public:
  static Result<std::unique_ptr<HttpChannel>> create(Loop& loop, const ProviderOptions& options,
                                                     uint64_t first_id);
  ~HttpChannel() override;

  void start(const Attempt& attempt, AttemptSink& sink) override;
  Sent cancel(AttemptId attempt) override;
  void resume(AttemptId attempt) override;
  uint64_t epoch() const override { return client_->connections_made(); }

  size_t connection_count() const { return client_->connection_count(); }

 private:
  /// One attempt, waiting or posted.
  struct Exchange {
    Exchange(const Attempt& of, AttemptSink& to, ResponseReader with)
        : attempt(of.id),
          session(of.session),
          may_resend(of.may_resend),
          sink(&to),
          reader(std::move(with)) {}

    AttemptId attempt;
    SessionId session;
    bool may_resend;
    AttemptSink* sink;
    std::string request;     ///< while it waits
    HttpCallId http_id = 0;  ///< 0 while it waits
    int error_status = 0;    ///< of an answer that is not 2xx
    size_t error_body_bytes = 0;
    bool is_held = false;      ///< counted in held_
    size_t held_bytes = 0;     ///< counted in held_bytes_
    bool is_answered = false;  ///< the body is whole, but the worker has no room for its end
    ResponseReader reader;
  };

  HttpChannel(Loop& loop, const ProviderOptions& options, uint64_t first_id);
  Flow on_http_body(uint64_t tag, int status, std::string_view bytes) override;
  void on_http_done(uint64_t tag, const HttpResult& result) override;

  void post_waiting();
  void note_held(Exchange& exchange);
  void forget_held(const Exchange& exchange);
  void go_on(AttemptId attempt);
  void finish(Exchange& exchange, AttemptResult result, int status);
  void post(Exchange& exchange);
  void on_next_turn();

  Loop& loop_;
  ProviderOptions options_;
  Scrubber scrubber_;
  uint64_t next_upstream_id_;
  FairQueue waiting_;
  std::unordered_map<AttemptId, std::unique_ptr<Exchange>> exchanges_;
  std::unordered_map<SessionId, uint32_t> held_;  ///< results held back, by session
  size_t held_bytes_ = 0;                         ///< of them
  std::vector<AttemptId> resumed_;
  std::vector<AttemptId> refused_;  ///< found no room; told so on the next turn
  std::unique_ptr<Timer> next_turn_;
  std::unique_ptr<HttpClient> client_;
};

}  // namespace sidecar

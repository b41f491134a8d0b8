#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/ports.h"
#include "downstream/access_port.h"
#include "downstream/options.h"
#include "rpc/envelope.h"

namespace sidecar {

class TextSubscriptions;

/// What the carrier of a text says about every call in it.
struct CallTerms {
  Millis deadline{0};    ///< 0 = the configured one
  std::string provider;  ///< the only one to be asked; empty = any
  bool explain = false;  ///< results are explanations; they come whole
};

/// Where the answers to texts go. Called inside submit() or later.
class TextSink {
 public:
  /// The whole answer to one text.
  virtual void on_text_reply(uint64_t text, std::string_view reply) = 0;
  /// The next piece of a long answer; the first comes with is_first, the last with is_last.
  virtual Flow on_text_piece(uint64_t text, std::string_view piece, bool is_first,
                             bool is_last) = 0;
  /// A long answer cannot be finished: pieces of it are out already.
  virtual void on_text_broken(uint64_t text) = 0;
  /// The text asked for no answer: notifications only.
  virtual void on_text_silent(uint64_t text) = 0;
  virtual void on_limit(std::string_view limit) = 0;

 protected:
  ~TextSink() = default;
};

/// JSON-RPC 2.0 over texts, whatever carries them: takes a request or batch apart, submits its
/// calls, and puts the answer together, ids as they came and batches in order.
/// Not: it cuts no stream into texts and writes to no socket. Notifications are taken and dropped:
/// what a provider would do with one, nobody could know.
/// Limits: calls_in_flight_max open calls, batch_items_max a batch, batch_reply_bytes_max its
/// answer. Owner: a session, by value; destroying it cancels what is open. Source:
/// jsonrpc.org/specification.
class TextCalls {
 public:
  /// Where calls go, and who says whether they may.
  struct Ports {
    CallPort& calls;
    AccessPort& access;
  };
  /// `subscriptions`: null where events cannot be sent.
  TextCalls(const SessionLimits& limits, const Ports& ports, TextSink& sink,
            TextSubscriptions* subscriptions = nullptr);
  ~TextCalls();
  TextCalls(const TextCalls&) = delete;
  TextCalls& operator=(const TextCalls&) = delete;

  /// For texts submitted from now on.
  void set_visitor(const Visitor& visitor) { visitor_ = visitor; }
  void set_terms(CallTerms terms) { terms_ = std::move(terms); }

  /// Requires: `session` is what the replies will come back for. Returns the text's number, which
  /// the sink may see before submit returns.
  uint64_t submit(SessionId session, ChainNumber chain, std::string_view text, bool may_stream);
  /// Like submit, for a text that `scanner` is done with.
  uint64_t submit(SessionId session, ChainNumber chain, std::string_view text,
                  const JsonScanner& scanner, bool may_stream);

  /// Of a call, or the answer to a subscription's beginning.
  void on_reply(uint64_t token, const Reply& reply);
  Flow on_reply_part(uint64_t token, std::string_view bytes);
  /// Room again after on_text_piece answered kFull.
  void resume_all();

  /// Answers every open call with SHUTTING_DOWN and gives it up.
  void end_all();

  /// No answer is owed any more.
  bool is_idle() const { return open_.empty() && batches_.empty(); }
  uint64_t next_text() const { return next_text_; }

 private:
  /// One call on its way.
  struct Open {
    uint64_t text = 0;
    size_t index = 0;  ///< in its batch
    bool is_in_batch = false;
    bool has_parts = false;
    std::string id;  ///< lexeme
    CallId call = 0;
    Quota::Place place = {};
  };
  struct Batch {
    std::vector<std::string> replies;
    size_t missing = 0;
    size_t bytes = 0;
  };
  struct Place {
    SessionId session = 0;
    ChainNumber chain = 0;
    uint64_t text = 0;
    size_t index = 0;
    bool is_in_batch = false;
    bool may_stream = false;
  };

  void submit_batch(Place place, const BatchView& batch);
  void submit_one(const Place& place, const RequestView& request);
  bool submit_subscription(const Place& place, const RequestView& request);
  bool is_refused(const Place& place, const RequestView& request, Quota::Kind kind,
                  Quota::Place& quota);
  void answer(uint64_t text, bool is_in_batch, size_t index, std::string reply);
  void answer_error(const Place& place, std::string_view id, int code, std::string_view message);
  void answer_limit(uint64_t text, bool is_in_batch, size_t index, std::string_view id,
                    std::string_view message);
  void finish_batch(uint64_t text);

  const SessionLimits& limits_;
  CallPort& calls_;
  AccessPort& access_;
  TextSink& sink_;
  TextSubscriptions* subscriptions_;
  CallTerms terms_;
  Visitor visitor_;
  std::unordered_map<uint64_t, Open> open_;
  std::unordered_map<uint64_t, Batch> batches_;
  uint64_t next_token_ = 1;
  uint64_t next_text_ = 1;
  uint64_t splitting_ = 0;  ///< the batch whose calls are being submitted: not to be finished yet
};

}  // namespace sidecar

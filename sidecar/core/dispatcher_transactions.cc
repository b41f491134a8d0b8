// Of core/dispatcher.h: raw transactions. Their hash is their identity, so sending one again is
// safe, and an error may mean that it is there already.
#include "core/dispatcher.h"
#include "rpc/answer_facts.h"
#include "rpc/raw_transaction.h"

namespace sidecar {

namespace {

/// The name a transaction is known by, as a JSON string; empty when it cannot be read.
std::string transaction_id(const Call& call, Family family) {
  std::string id;
  if (family == Family::kEvm) {
    id = evm_transaction_hash(call.params()).value_or("");
  } else if (const auto facts = svm_transaction_facts(call.params())) {
    id = facts->signature;
  }
  return id.empty() ? id : '"' + id + '"';
}

}  // namespace

/// What only transactions have: an error that means success, or may. True when it dealt with it.
bool Dispatcher::settle_transaction(CallId id, size_t endpoint, Outcome outcome,
                                    std::string_view body) {
  Call& call = *calls_.find(id);
  const bool is_about_sending =
      outcome == Outcome::kAlreadyKnown || outcome == Outcome::kNonceTooLow;
  if (call.row->method_class != MethodClass::kTx || !is_about_sending) {
    return false;
  }
  const Family family = pools_[call.pool]->chain().family;
  const std::string name = transaction_id(call, family);
  if (name.empty()) {
    return false;
  }
  if (outcome == Outcome::kAlreadyKnown) {
    call.answered_by = endpoint;
    finish(id, Reply::Kind::kResult, name, outcome_name(Outcome::kResult));
    return true;
  }
  if (family != Family::kEvm || call.live_count > 0) {
    return false;
  }
  remember(call, endpoint, outcome, Reply::Kind::kError, body);
  look_up(id, endpoint, name);
  return true;
}

/// Nonce too low: this very transaction may have been mined already. It is success only if it is
/// found.
void Dispatcher::look_up(CallId parent, size_t endpoint, const std::string& hash) {
  Call& call = *calls_.find(parent);
  call.phase = CallPhase::kChecking;
  if (call.explanation) {
    call.explanation->add('f', timers_.now(), "nonce too low: looking for " + hash);
  }
  Request request;
  request.session = call.session;
  request.method = "eth_getTransactionByHash";
  const std::string params = "[" + hash + "]";
  request.params = params;
  request.deadline = options_.nonce_check_timeout;
  Call lookup = make_call(request, method_row(request.method), call.pool);
  lookup.is_lookup = true;
  lookup.parent = parent;
  lookup.preferred = endpoint;
  schedule(parent);
  try_first(calls_.insert(std::move(lookup)));
}

void Dispatcher::on_lookup_done(CallId parent, Reply::Kind kind, std::string_view body) {
  Call* call = calls_.find(parent);
  if (call == nullptr) {
    return;  // whoever asked left
  }
  if (kind == Reply::Kind::kResult && !is_null_result(body)) {
    finish(parent, Reply::Kind::kResult, transaction_id(*call, Family::kEvm),
           outcome_name(Outcome::kResult));
  } else {
    finish_unanswered(parent, GaveUp::kNothingMore, "");
  }
}

}  // namespace sidecar

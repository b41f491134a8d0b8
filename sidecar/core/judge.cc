#include "core/judge.h"

#include "policy/classifier.h"
#include "policy/retry_after.h"
#include "rpc/answer_facts.h"
#include "rpc/rpc_error.h"

namespace sidecar {

namespace {

bool is_refusal(Outcome outcome) {
  return outcome == Outcome::kRpcError || outcome == Outcome::kHttpStatus;
}

/// Does the endpoint hold less than the pool's newest, as far as is known?
bool may_lag(const Pool& pool, size_t endpoint, const BlockNeed& block) {
  const HeadTracker& heads = pool.heads();
  if (pool.size() < 2 || !heads.pool_head()) {
    return pool.size() > 1;
  }
  const uint64_t wanted = block.number.value_or(*heads.pool_head());
  // Beyond everybody's head there is nothing to find elsewhere.
  return wanted <= *heads.pool_head() && heads.has_block(endpoint, wanted) != true;
}

Outcome judge_result(const Pool& pool, size_t endpoint, const Asked& asked, std::string_view body) {
  if (asked.row->may_be_null && is_null_result(body)) {
    const bool is_doubted = asked.is_null_doubted || may_lag(pool, endpoint, *asked.block);
    return is_doubted ? Outcome::kNull : Outcome::kResult;
  }
  const bool is_logs = asked.row->block_param == BlockParam::kFilter;
  if (is_logs && asked.block->number && is_empty_array(body) &&
      may_lag(pool, endpoint, *asked.block)) {
    return Outcome::kMissing;
  }
  return Outcome::kResult;
}

}  // namespace

Judgement judge(const Pool& pool, size_t endpoint, const Asked& asked,
                const AttemptResult& result) {
  Judgement judgement;
  judgement.outcome = result.outcome;
  judgement.retry_after = result.retry_after;
  if (result.outcome == Outcome::kResult) {
    judgement.outcome = judge_result(pool, endpoint, asked, result.body);
    return judgement;
  }
  if (!is_refusal(result.outcome)) {
    return judgement;
  }
  Refusal refusal;
  refusal.family = pool.chain().family;
  refusal.vendor = pool.provider_of(endpoint).terms.vendor;
  refusal.http_status = result.http_status;
  refusal.method = asked.method;
  ErrorView error;
  if (result.outcome == Outcome::kRpcError) {
    error = error_view(result.body);
    refusal.code = error.code;
    refusal.message = error.message;
    refusal.data = error.data;
  }
  const Verdict verdict = classify(refusal);
  judgement.outcome = verdict.outcome;
  judgement.is_unknown = !verdict.is_known;
  judgement.unknown_code = verdict.is_known ? std::nullopt : error.code;
  if (verdict.outcome == Outcome::kRateLimited && !judgement.retry_after) {
    judgement.retry_after = retry_hint_in(error.message, error.data);
  }
  return judgement;
}

}  // namespace sidecar

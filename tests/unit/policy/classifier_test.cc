#include "policy/classifier.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "captured_evm_nodes.h"
#include "captured_evm_reads.h"
#include "captured_evm_transactions.h"
#include "captured_http.h"
#include "captured_svm.h"
#include "policy/error_table.h"

namespace sidecar::testing {

namespace {

struct CapturedSet {
  Family family;
  std::span<const CapturedError> errors;
};

std::vector<CapturedSet> all_captured() {
  return {{Family::kEvm, kCapturedHttp},
          {Family::kSvm, kCapturedHttp},
          {Family::kEvm, kCapturedHttpEvm},
          {Family::kEvm, kCapturedEvmReads},
          {Family::kEvm, kCapturedEvmTransactions},
          {Family::kEvm, kCapturedEvmNodes},
          {Family::kSvm, kCapturedSvm}};
}

/// A refusal and the bytes that its views look at.
struct Said {
  Said(Family family, const CapturedError& captured)
      : message(captured.message.empty() ? "" : '"' + std::string(captured.message) + '"') {
    refusal.family = family;
    refusal.vendor = captured.vendor;
    refusal.http_status = captured.status;
    refusal.code = captured.code;
    refusal.message = message;
    refusal.data = captured.data;
    refusal.method = captured.method;
  }

  std::string message;
  Refusal refusal;
};

Verdict judge(Family family, const CapturedError& captured) {
  const Said said(family, captured);
  return classify(said.refusal);
}

}  // namespace

TEST_CASE("Classifier: each captured refusal is what it is") {
  for (const CapturedSet& set : all_captured()) {
    for (const CapturedError& captured : set.errors) {
      CAPTURE(captured.from);
      CAPTURE(captured.message);
      CAPTURE(captured.status);

      const Verdict verdict = judge(set.family, captured);

      CHECK(outcome_name(verdict.outcome) == outcome_name(captured.outcome));
      CHECK(verdict.is_known == (captured.outcome != Outcome::kUnknownError));
    }
  }
}

TEST_CASE("Classifier: every row of the tables is the one that decides for a captured refusal") {
  std::set<const ErrorRow*> hit;
  for (const CapturedSet& set : all_captured()) {
    for (const CapturedError& captured : set.errors) {
      hit.insert(find_error_row(Said(set.family, captured).refusal));
    }
  }

  for (const Family family : {Family::kEvm, Family::kSvm}) {
    for (const std::span<const ErrorRow> rows : error_table(family)) {
      for (const ErrorRow& row : rows) {
        CAPTURE(outcome_name(row.outcome));
        CAPTURE(row.text);
        CAPTURE(row.code);
        CHECK(hit.contains(&row));
      }
    }
  }
}

TEST_CASE("Classifier: gives these outcomes and no others, each for a captured refusal") {
  const std::set<Outcome> expected{
      Outcome::kBusy,          Outcome::kHttpStatus,  Outcome::kRateLimited, Outcome::kUnpaid,
      Outcome::kUnauthorised,  Outcome::kNodeFault,   Outcome::kNodeTimeout, Outcome::kNodeBehind,
      Outcome::kMissing,       Outcome::kSlotSkipped, Outcome::kUnsupported, Outcome::kUnknownError,
      Outcome::kRangeTooLarge, Outcome::kReverted,    Outcome::kCallerFault, Outcome::kUnderpriced,
      Outcome::kAlreadyKnown,  Outcome::kNonceTooLow};
  std::set<Outcome> given;
  for (const CapturedSet& set : all_captured()) {
    for (const CapturedError& captured : set.errors) {
      given.insert(judge(set.family, captured).outcome);
    }
  }

  CHECK(given == expected);
}

TEST_CASE("Classifier: texts of rows are in lower case and short enough to be found") {
  for (const Family family : {Family::kEvm, Family::kSvm}) {
    for (const std::span<const ErrorRow> rows : error_table(family)) {
      for (const ErrorRow& row : rows) {
        for (const std::string_view text : {row.text, row.also, row.data}) {
          CAPTURE(text);
          CHECK(
              std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
          CHECK(text.size() < 40);
        }
      }
    }
  }
}

TEST_CASE("Classifier: the same number means what its family and vendor mean by it") {
  struct Row {
    int64_t code;
    Family family;
    Vendor vendor;
    Outcome outcome;
  };
  const Row rows[] = {
      {-32005, Family::kEvm, Vendor::kGeneric, Outcome::kRateLimited},
      {-32005, Family::kSvm, Vendor::kGeneric, Outcome::kNodeBehind},
      {-32005, Family::kSvm, Vendor::kInfura, Outcome::kNodeBehind},
      {-32007, Family::kEvm, Vendor::kQuicknode, Outcome::kRateLimited},
      {-32007, Family::kEvm, Vendor::kGeneric, Outcome::kUnknownError},
      {-32007, Family::kSvm, Vendor::kQuicknode, Outcome::kSlotSkipped},
      {-32007, Family::kSvm, Vendor::kHelius, Outcome::kSlotSkipped},
      {-32009, Family::kEvm, Vendor::kQuicknode, Outcome::kRateLimited},
      {-32009, Family::kEvm, Vendor::kAlchemy, Outcome::kUnknownError},
      {-32009, Family::kSvm, Vendor::kQuicknode, Outcome::kSlotSkipped},
      {-32012, Family::kEvm, Vendor::kGeneric, Outcome::kRangeTooLarge},
      {-32012, Family::kSvm, Vendor::kGeneric, Outcome::kNodeFault},
      {-32014, Family::kEvm, Vendor::kGeneric, Outcome::kMissing},
      {-32015, Family::kEvm, Vendor::kGeneric, Outcome::kNodeTimeout},
      {-32015, Family::kSvm, Vendor::kGeneric, Outcome::kCallerFault},
      {-32016, Family::kEvm, Vendor::kGeneric, Outcome::kUnauthorised},
      {-32016, Family::kSvm, Vendor::kGeneric, Outcome::kNodeBehind},
      {-32001, Family::kEvm, Vendor::kInfura, Outcome::kUnsupported},
      {-32001, Family::kEvm, Vendor::kGeneric, Outcome::kMissing},
      {-32004, Family::kEvm, Vendor::kGeneric, Outcome::kUnsupported},
      {-32004, Family::kSvm, Vendor::kGeneric, Outcome::kMissing},
      {-32700, Family::kEvm, Vendor::kGeneric, Outcome::kCallerFault},
      {-32700, Family::kSvm, Vendor::kGeneric, Outcome::kNodeFault},
  };
  for (const Row& row : rows) {
    CAPTURE(row.code);
    CAPTURE(vendor_name(row.vendor));

    const Verdict verdict =
        judge(row.family, said("a test", row.code, "x", row.outcome).by(row.vendor));

    CHECK(outcome_name(verdict.outcome) == outcome_name(row.outcome));
  }
}

TEST_CASE("Classifier: 401, 402, 403 and 429 outrank whatever the body says") {
  const std::pair<int, Outcome> statuses[] = {{401, Outcome::kUnauthorised},
                                              {402, Outcome::kUnpaid},
                                              {403, Outcome::kUnauthorised},
                                              {429, Outcome::kRateLimited}};
  for (const auto& row : statuses) {
    CAPTURE(row.first);
    const auto& [status, outcome] = row;
    for (const Family family : {Family::kEvm, Family::kSvm}) {
      CHECK(judge(family, bare("a test", status, outcome)).outcome == outcome);
      CHECK(judge(family, said("", 3, "execution reverted", outcome).under(status)).outcome ==
            outcome);
      CHECK(judge(family, said("", -32602, "invalid params", outcome).under(status)).outcome ==
            outcome);
    }
  }
}

TEST_CASE("Classifier: under any other status the body decides") {
  for (const int status : {0, 200, 400, 404, 405, 408, 413, 500, 502, 503, 504, 520, 530}) {
    CAPTURE(status);
    const CapturedError revert = said("", 3, "execution reverted", Outcome::kReverted);
    CHECK(judge(Family::kEvm, revert.under(status)).outcome == Outcome::kReverted);
    const CapturedError skipped = said("", -32007, "Slot 5 was skipped", Outcome::kSlotSkipped);
    CHECK(judge(Family::kSvm, skipped.under(status)).outcome == Outcome::kSlotSkipped);
  }
}

TEST_CASE("Classifier: a contract's words never pass for the provider's") {
  for (const std::string_view reason :
       {"Too many requests", "rate limit exceeded", "unauthorized", "invalid api key",
        "nonce too low", "already known", "header not found", "monthly capacity limit",
        "block range is too large", "execution timeout"}) {
    CAPTURE(reason);
    const std::string text = std::string("execution reverted: ") + std::string(reason);
    for (const int64_t code : {int64_t{3}, int64_t{-32000}, int64_t{-32603}}) {
      CHECK(judge(Family::kEvm, said("", code, text, Outcome::kReverted)).outcome ==
            Outcome::kReverted);
    }
  }
}

TEST_CASE("Classifier: a worker's words in a text never charge the provider") {
  for (const std::string_view words :
       {"rate limit", "too many requests", "unauthorized", "/billing", "internal error",
        "execution timeout", "method not supported"}) {
    CAPTURE(words);
    const std::string unknown_method =
        std::string("the method ") + std::string(words) + " does not exist";
    const std::string bad_params =
        std::string("unknown field `") + std::string(words) + "`, expected `to`";
    for (const Family family : {Family::kEvm, Family::kSvm}) {
      CHECK(judge(family, said("", -32601, unknown_method, Outcome::kUnsupported)).outcome ==
            Outcome::kUnsupported);
      CHECK(judge(family, said("", -32602, bad_params, Outcome::kCallerFault)).outcome ==
            Outcome::kCallerFault);
      CHECK(judge(family, said("", -32600, bad_params, Outcome::kCallerFault)).outcome ==
            Outcome::kCallerFault);
    }
  }
}

TEST_CASE("Classifier: insufficient funds are the caller's, except where old blocks are replayed") {
  const CapturedError poor =
      said("geth", -32000, "insufficient funds for gas * price + value", Outcome::kMissing);

  for (const std::string_view method :
       {"trace_block", "debug_traceTransaction", "eth_traceTransaction"}) {
    CHECK(judge(Family::kEvm, poor.to(method)).outcome == Outcome::kMissing);
  }
  for (const std::string_view method :
       {"eth_call", "eth_estimateGas", "eth_sendRawTransaction", ""}) {
    CHECK(judge(Family::kEvm, poor.to(method)).outcome == Outcome::kCallerFault);
  }
}

TEST_CASE("Classifier: letter case does not matter") {
  for (const std::string_view text : {"NONCE TOO LOW", "Nonce Too Low", "nonce too low"}) {
    CHECK(judge(Family::kEvm, said("", -32000, text, Outcome::kNonceTooLow)).outcome ==
          Outcome::kNonceTooLow);
  }
}

TEST_CASE("Classifier: only the first KiB of a text is looked at") {
  const std::string before(1024 - std::string_view("nonce too low").size(), 'x');

  const std::string just_in = before + "nonce too low" + std::string(1'000'000, 'y');
  const std::string just_out = "x" + before + "nonce too low";

  CHECK(judge(Family::kEvm, said("", -32000, just_in, Outcome::kNonceTooLow)).is_known);
  CHECK_FALSE(judge(Family::kEvm, said("", -32000, just_out, Outcome::kUnknownError)).is_known);
}

TEST_CASE("Classifier: a row for the head of a text does not match inside it") {
  const CapturedError head =
      said("Alchemy", -32600, "Unsupported method: eth_foo on ETH_MAINNET", Outcome::kUnsupported)
          .by(Vendor::kAlchemy);
  const CapturedError inside =
      said("Alchemy", -32600, R"(unknown field \"unsupported method\")", Outcome::kCallerFault)
          .by(Vendor::kAlchemy);

  CHECK(judge(Family::kEvm, head).outcome == Outcome::kUnsupported);
  CHECK(judge(Family::kEvm, inside).outcome == Outcome::kCallerFault);
}

TEST_CASE("Classifier: nothing at all is unknown") {
  for (const Family family : {Family::kEvm, Family::kSvm}) {
    Refusal refusal;
    refusal.family = family;

    const Verdict verdict = classify(refusal);

    CHECK(verdict.outcome == Outcome::kUnknownError);
    CHECK_FALSE(verdict.is_known);
  }
}

TEST_CASE("Classifier: an error object without a code is judged by its text") {
  Refusal refusal;
  refusal.http_status = 500;
  refusal.message = R"("header not found")";

  CHECK(classify(refusal).outcome == Outcome::kMissing);
}

}  // namespace sidecar::testing

#include "mock/transaction_ledger.h"

#include <doctest/doctest.h>

namespace sidecar::testing {

TEST_CASE("TransactionLedger: counts what sends transactions, and how often the same one came") {
  TransactionLedger ledger;

  ledger.note("eth_call", "[1]");
  CHECK(ledger.json() == R"({"distinct":0,"max_repeats":0,"untracked":0})");
  ledger.note("eth_sendRawTransaction", R"(["0xaa"])");
  ledger.note("eth_sendRawTransaction", R"(["0xbb"])");
  ledger.note("sendTransaction", R"(["0xaa"])");
  ledger.note("eth_sendTransaction", R"([{}])");

  CHECK(ledger.json() == R"({"distinct":3,"max_repeats":2,"untracked":0})");
}

TEST_CASE("TransactionLedger: past its limit new ones are only counted") {
  TransactionLedger ledger;
  for (size_t i = 0; i < TransactionLedger::kTransactionsMax + 5; ++i) {
    ledger.note("sendTransaction", std::to_string(i));
  }
  ledger.note("sendTransaction", "0");

  CHECK(ledger.distinct() == TransactionLedger::kTransactionsMax);
  CHECK(ledger.untracked() == 5);
  CHECK(ledger.repeats_max() == 2);
}

}  // namespace sidecar::testing

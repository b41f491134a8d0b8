#include "rpc/svm_event_facts.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

namespace sidecar::testing {

TEST_CASE("SvmEventFacts: an event is a slot and the bytes of its value") {
  const auto event = svm_event(R"({ "context": {"apiVersion":"2","slot": 7 }, "value" : [1, 2] })");
  REQUIRE(event);
  CHECK(event->slot == 7);
  CHECK(event->value == "[1, 2]");
  CHECK(svm_event(R"({"value":null,"context":{"slot":18446744073709551615}})")->slot ==
        18446744073709551615u);

  CHECK(svm_event_text(7, "[1, 2]") == R"({"context":{"slot":7},"value":[1, 2]})");
}

TEST_CASE("SvmEventFacts: without a slot or a value there is no event") {
  for (const char* text :
       {"", "null", "[]", "{}", R"({"context":{"slot":7}})", R"({"value":1})",
        R"({"context":{"slot":"7"},"value":1})", R"({"context":{"slot":-7},"value":1})",
        R"({"context":{"slot":7.5},"value":1})", R"({"context":7,"value":1})",
        R"({"context":{"slot":18446744073709551616},"value":1})"}) {
    CAPTURE(text);
    CHECK_FALSE(svm_event(text));
  }
}

TEST_CASE("SvmEventFacts: an account's digest is of its state, not of how it is written") {
  const uint64_t digest = svm_account_digest(
      R"({"lamports":5,"data":["AA==","base64"],"owner":"o","executable":false,"rentEpoch":1,"space":1})");

  CHECK(
      digest ==
      svm_account_digest(
          R"({"executable":false,"owner":"o","data":["AA==","base64"],"lamports":5,"rentEpoch":18446744073709552000})"));
  const std::array<const char*, 4> others{
      R"({"lamports":6,"data":["AA==","base64"],"owner":"o","executable":false})",
      R"({"lamports":5,"data":["AQ==","base64"],"owner":"o","executable":false})",
      R"({"lamports":5,"data":["AA==","base64"],"owner":"p","executable":false})",
      R"({"lamports":5,"data":["AA==","base64"],"owner":"o","executable":true})"};
  for (const char* other : others) {
    CAPTURE(other);
    CHECK(digest != svm_account_digest(other));
  }
}

TEST_CASE("SvmEventFacts: an account without lamports is one that is not there") {
  CHECK(svm_account_digest("null") == svm_account_digest(R"({"lamports":0,"data":""})"));
  CHECK(svm_account_digest("null") != svm_account_digest(R"({"lamports":1,"data":""})"));
  CHECK(svm_account_digest("null") != svm_account_digest("7"));
}

TEST_CASE("SvmEventFacts: an account that is gone is written in the subscription's encoding") {
  struct Row {
    const char* encoding;
    const char* content;
  };
  const std::array<Row, 6> rows{{{"", R"("")"},
                                 {"binary", R"("")"},
                                 {"base58", R"(["","base58"])"},
                                 {"base64", R"(["","base64"])"},
                                 {"base64+zstd", R"(["KLUv/QBYAQAA","base64+zstd"])"},
                                 {"jsonParsed", R"(["","base64"])"}}};
  for (const Row& row : rows) {
    CAPTURE(row.encoding);
    CHECK(
        svm_gone_account(row.encoding) ==
        std::string(R"({"lamports":0,"data":)") + row.content +
            R"(,"owner":"11111111111111111111111111111111","executable":false,"rentEpoch":0,"space":0})");
  }
}

TEST_CASE("SvmEventFacts: a keyed account has both parts") {
  const auto keyed = svm_keyed_account(R"({"account":{"lamports":1},"pubkey":"p"})");
  REQUIRE(keyed);
  CHECK(keyed->pubkey == "p");
  CHECK(keyed->account == R"({"lamports":1})");

  for (const char* text :
       {"", "null", R"({"pubkey":"p"})", R"({"account":{}})", R"({"pubkey":7,"account":{}})"}) {
    CAPTURE(text);
    CHECK_FALSE(svm_keyed_account(text));
  }
}

TEST_CASE("SvmEventFacts: rows of signatures keep their order; one that is broken spoils all") {
  const auto rows = svm_signature_rows(
      R"([{"signature":"b","slot":9,"err":null,"memo":null},{"slot":8,"signature":"a"}])");
  REQUIRE(rows);
  REQUIRE(rows->size() == 2);
  CHECK((*rows)[0].slot == 9);
  CHECK((*rows)[0].signature == "b");
  CHECK((*rows)[1].signature == "a");
  CHECK(svm_signature_rows("[]")->empty());

  for (const char* text : {"", " ", "null", "{}", R"([{"slot":8}])", R"([{"signature":"a"}])",
                           R"([{"slot":8,"signature":"a"},null])"}) {
    CAPTURE(text);
    CHECK_FALSE(svm_signature_rows(text));
  }
}

TEST_CASE("SvmEventFacts: a transaction's logs are passed on byte for byte") {
  CHECK(
      svm_logs_value(
          "s",
          R"({"slot":1,"meta":{"logMessages":["\u0041", "b\/c"],"err":{"InstructionError":[0,1]}}})") ==
      R"({"signature":"s","err":{"InstructionError":[0,1]},"logs":["\u0041", "b\/c"]})");
  CHECK(svm_logs_value("s", R"({"meta":{"err":null,"logMessages":null}})") ==
        R"({"signature":"s","err":null,"logs":[]})");
  CHECK(svm_logs_value("s", R"({"meta":{"err":null}})") ==
        R"({"signature":"s","err":null,"logs":[]})");
  for (const char* text : {"", "null", "{}", R"({"meta":null})", R"({"meta":{}})"}) {
    CAPTURE(text);
    CHECK_FALSE(svm_logs_value("s", text));
  }
}

TEST_CASE("SvmEventFacts: commitments are in order, and an unknown one is the default") {
  CHECK(svm_commitment_rank("processed") < svm_commitment_rank("confirmed"));
  CHECK(svm_commitment_rank("confirmed") < svm_commitment_rank("finalized"));
  CHECK(svm_commitment_rank("") == svm_commitment_rank("finalized"));
}

TEST_CASE("SvmEventFacts: a signature's status is found, not found or nonsense") {
  const auto found = svm_status(
      R"({"context":{"slot":90},"value":[{"slot":7,"confirmations":null,"err":{"A":1},"confirmationStatus":"confirmed"}]})");
  REQUIRE(found);
  CHECK(found->is_found);
  CHECK(found->slot == 7);
  CHECK(found->rank == 1);
  CHECK(found->err == R"({"A":1})");
  const auto unknown = svm_status(R"({"context":{"slot":90},"value":[null]})");
  REQUIRE(unknown);
  CHECK_FALSE(unknown->is_found);

  for (const char* text : {"", "null", "[]", R"({"value":null})", R"({"value":[]})",
                           R"({"value":[{"slot":7}]})", R"({"value":[{"err":null}]})"}) {
    CAPTURE(text);
    CHECK_FALSE(svm_status(text));
  }
}

TEST_CASE("SvmEventFacts: a slot has its parent") {
  const auto slot = svm_slot(R"({"parent":5,"root":1,"slot":7})");
  REQUIRE(slot);
  CHECK(slot->slot == 7);
  CHECK(slot->parent == 5);
  CHECK_FALSE(svm_slot(R"({"slot":7})"));
  CHECK_FALSE(svm_slot("7"));
  CHECK_FALSE(svm_slot(""));
}

TEST_CASE("SvmEventFacts: a list of slots ascends within its bounds") {
  CHECK(svm_slot_list("[5, 7,9]", 5, 9) == std::vector<uint64_t>{5, 7, 9});
  CHECK(svm_slot_list("[]", 5, 9)->empty());
  for (const char* text : {"", "null", "{}", "[4]", "[10]", "[7,7]", "[7,6]", "[\"7\"]", "[-7]"}) {
    CAPTURE(text);
    CHECK_FALSE(svm_slot_list(text, 5, 9));
  }
}

TEST_CASE("SvmEventFacts: an update without its time is the same for two nodes") {
  CHECK(svm_timeless(R"({"slot":1,"timestamp":2,"type":"x"})") ==
        svm_timeless(R"({"slot":1,"timestamp":3,"type":"x"})"));
  CHECK(svm_timeless(R"({"slot":1,"timestamp":2,"type":"x"})") !=
        svm_timeless(R"({"slot":2,"timestamp":2,"type":"x"})"));
  CHECK(svm_timeless("7") == "7");
}

}  // namespace sidecar::testing

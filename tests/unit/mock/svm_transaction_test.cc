#include "mock/svm_transaction.h"

#include <doctest/doctest.h>

#include "rpc/byte_text.h"

namespace sidecar::testing {

namespace {

// Made by a common library: 123456789 lamports from the key of seed 07..07 to 09..09.
constexpr const char* kLegacy =
    "AT1jJiVdhB7jPlQ0IgvbiUq63Dt85XUA9bHmfWI9QByyq41xXIyNR209CpE+fhrelPNfWTDtDK48gT2azhWIOQoBAAED6k"
    "psY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iwJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMBAgIAAQwCAAAAFc1bBw"
    "AAAAA=";
// Version 0: 5 lamports to an address out of the lookup table 05..05.
constexpr const char* kVersion0 =
    "AR9XMDSf4Ni3/u2L915XMT0iGvvnp1kJXA/c12mZLjveahEMZh2E7J6huv4R6AfiW2DTU3mOpgovSVJgQLIQXQOAAQABAu"
    "pKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIsAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADAwMDAwMD"
    "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwEBAgACDAIAAAAFAAAAAAAAAAEFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQ"
    "UFBQUFBQEAAA==";

}  // namespace

TEST_CASE("parse_svm_transaction: a legacy transfer") {
  const auto parsed = parse_svm_transaction(*from_base64(kLegacy));

  REQUIRE(parsed.ok());
  const SvmTransaction& transaction = parsed.value();
  const SvmMessage& message = transaction.message;
  CHECK(message.is_legacy);
  REQUIRE(message.keys.size() == 3);
  CHECK(to_base58(message.keys[0]) == "GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB");
  CHECK(message.keys[1] == std::string(32, '\x09'));
  CHECK(message.keys[2] == kSystemProgram);
  CHECK(message.blockhash == std::string(32, '\x03'));
  CHECK(message.is_signer(0));
  CHECK(!message.is_signer(1));
  CHECK(message.is_writable(0));
  CHECK(message.is_writable(1));
  CHECK(!message.is_writable(2));
  REQUIRE(message.instructions.size() == 1);
  const auto transfer = transfer_of(message, message.instructions[0]);
  REQUIRE(transfer);
  CHECK(transfer->from == 0);
  CHECK(transfer->to == 1);
  CHECK(transfer->lamports == 123'456'789);
  CHECK(transaction.fee() == 5'000);
}

TEST_CASE("parse_svm_transaction: version 0 with a lookup table") {
  const auto parsed = parse_svm_transaction(*from_base64(kVersion0));

  REQUIRE(parsed.ok());
  const SvmMessage& message = parsed.value().message;
  CHECK(!message.is_legacy);
  REQUIRE(message.lookups.size() == 1);
  CHECK(message.lookups[0].table == std::string(32, '\x05'));
  CHECK(message.lookups[0].writable == std::string(1, '\0'));
  CHECK(message.lookups[0].readonly.empty());
  CHECK(!transfer_of(message, message.instructions[0]));  // to a key that is not known here
}

TEST_CASE("parse_svm_transaction: every cut and every excess is refused") {
  for (const char* text : {kLegacy, kVersion0}) {
    const std::string wire = *from_base64(text);
    for (size_t size = 0; size < wire.size(); ++size) {
      CAPTURE(size);
      CHECK(!parse_svm_transaction(std::string_view(wire).substr(0, size)).ok());
    }
    CHECK(!parse_svm_transaction(wire + "x").ok());
  }
  std::string wrong = *from_base64(kLegacy);
  wrong[65] = 2;  // the header asks for two signatures
  CHECK(!parse_svm_transaction(wrong).ok());
  wrong = *from_base64(kLegacy);
  wrong[wrong.size() - 17] = 9;  // the program's index
  CHECK(!parse_svm_transaction(wrong).ok());
}

TEST_CASE("make_svm_transfer: writes what the parser reads") {
  const SvmTransaction made = make_svm_transfer(std::string(64, 's'), std::string(32, 'f'),
                                                std::string(32, 't'), 77, std::string(32, 'b'));

  const auto parsed = parse_svm_transaction(made.wire);

  REQUIRE(parsed.ok());
  CHECK(parsed.value().signatures == made.signatures);
  CHECK(parsed.value().message.keys == made.message.keys);
  CHECK(parsed.value().message.blockhash == made.message.blockhash);
  const auto transfer =
      transfer_of(parsed.value().message, parsed.value().message.instructions.at(0));
  REQUIRE(transfer);
  CHECK(transfer->lamports == 77);
}

}  // namespace sidecar::testing

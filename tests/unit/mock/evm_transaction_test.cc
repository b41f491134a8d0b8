#include "mock/evm_transaction.h"

#include <doctest/doctest.h>

#include "rpc/byte_text.h"

namespace sidecar::testing {

namespace {

// The worked example of EIP-155, and three signed with the same key by a common library.
constexpr const char* kLegacy =
    "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028"
    "ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800"
    "ccf555c9f3dc64214b297fb1966a3b6d83";
constexpr const char* kAccessList =
    "0x01f8630103078275309435353535353535353535353535353535353535350582abcdc001a0fafdd8bd5c9aeec6a9"
    "85615ef5224c7e47e93efd76d944a6788f40e10ad19632a0350c180eb14c34dac5e4c4e6c6cd983d85ae21442a6f61"
    "51541a75be01314a06";
constexpr const char* kToken =
    "0x02f8b20182012c843b9aca008506fc23ac0082ea6094353535353535353535353535353535353535353580b844a9"
    "059cbb0000000000000000000000004242424242424242424242424242424242424242000000000000000000000000"
    "00"
    "00000000000000000000000000000000000102c001a07aa402c40fb7b42206b8e8db6f2f0c92407ae2bce63261f99a"
    "3e07476217e8f1a05b76540d7108aaa80f6155d538db9a244bb82a1e4aea31dad582d36dc2f3f96a";
constexpr const char* kCreation =
    "0x02f85d0180843b9aca008506fc23ac00830927c08080856080604052c001a02618d445be1b0b8ef776b278f341a7"
    "511bd03de5dd091bf88f643168231a5595a016cb5d71bded0b3ce1098aabe7e2c3a2043cb133d3d260e20ffe4a2c84"
    "4e88dd";

EvmTransaction parsed(const char* hex) {
  auto transaction = parse_raw_transaction(*from_hex(hex));
  REQUIRE(transaction.ok());
  return std::move(transaction).value();
}

}  // namespace

TEST_CASE("parse_raw_transaction: a legacy transaction and its real hash") {
  const EvmTransaction transaction = parsed(kLegacy);

  CHECK(to_hex(transaction.hash) ==
        "0x33469b22e9f636356c4160a87eb19df52b7412e8eac32a4a55ffe88ea8350788");
  CHECK(transaction.type == 0);
  CHECK(transaction.nonce == 9);
  CHECK(to_quantity(transaction.fee_max) == "0x4a817c800");
  CHECK(transaction.gas_limit == 21'000);
  CHECK(transaction.to == std::string(20, '\x35'));
  CHECK(to_quantity(transaction.value) == "0xde0b6b3a7640000");
  CHECK(transaction.input.empty());
  CHECK(transaction.v == 37);
  CHECK(transaction.gas_used == 21'000);
}

TEST_CASE("parse_raw_transaction: the typed ones, with what they leave behind") {
  const EvmTransaction with_list = parsed(kAccessList);
  CHECK(to_hex(with_list.hash) ==
        "0xe19262e24f4f8f69c8345e4bec4a989349f98566d8352906c72a2f8036615ea9");
  CHECK(with_list.type == 1);
  CHECK(with_list.nonce == 3);
  CHECK(to_hex(with_list.input) == "0xabcd");

  const EvmTransaction token = parsed(kToken);
  CHECK(to_hex(token.hash) == "0x4ce98a0ae63f13a431db5c2ecc102cb085e8d1eaa6f5d8acfd5bfe5033f5ca37");
  CHECK(token.type == 2);
  CHECK(token.nonce == 300);
  REQUIRE(token.log);
  CHECK(token.log->address == token.to);
  REQUIRE(token.log->topics.size() == 3);
  CHECK(token.log->topics[1] == std::string(12, '\0') + token.from);
  CHECK(token.log->topics[2] == std::string(12, '\0') + std::string(20, '\x42'));
  CHECK(from_big_endian(token.log->payload) == Wide{0x0102});

  const EvmTransaction creation = parsed(kCreation);
  CHECK(to_hex(creation.hash) ==
        "0xab8e4ca00ec50ea1331392877834ef1b0122e4c774a02ce955942d95ac87bfd2");
  CHECK(creation.to.empty());
  CHECK(creation.contract.size() == 20);
}

TEST_CASE("parse_raw_transaction: blobs attached are no part of the hash") {
  // Type 3: an item for each field, all of them small; then the same with three empty lists.
  const std::string to(20, '\x35');
  const std::string fields = std::string("\x01\x01\x01\x01\x82\x75\x30\x94", 8) + to +
                             std::string("\x80\x80\xc0\x01\xc0\x01\x01\x01", 8);
  const std::string bare = static_cast<char>(0xc0 + fields.size()) + fields;
  const std::string wrapped =
      static_cast<char>(0xc0 + bare.size() + 3) + bare + std::string("\xc0\xc0\xc0", 3);

  const auto alone = parse_raw_transaction('\x03' + bare);
  const auto attached = parse_raw_transaction('\x03' + wrapped);

  REQUIRE(alone.ok());
  REQUIRE(attached.ok());
  CHECK(alone.value().type == 3);
  CHECK(attached.value().hash == alone.value().hash);
}

TEST_CASE("parse_raw_transaction: every cut, unknown types and wrong fields are refused") {
  const std::string raw = *from_hex(kToken);
  for (size_t size = 0; size < raw.size(); ++size) {
    CAPTURE(size);
    CHECK(!parse_raw_transaction(std::string_view(raw).substr(0, size)).ok());
  }
  CHECK(!parse_raw_transaction("\x05" + raw.substr(1)).ok());
  CHECK(!parse_raw_transaction(std::string(1, '\0') + raw.substr(1)).ok());
  CHECK(!parse_raw_transaction("\xc1\x80").ok());

  std::string short_of_gas = *from_hex(kLegacy);
  short_of_gas[short_of_gas.find("\x52\x08") + 1] = '\x07';
  const auto refused = parse_raw_transaction(short_of_gas);
  REQUIRE(!refused.ok());
  CHECK(refused.error().detail == "intrinsic gas too low: gas 20999, minimum needed 21000");
}

}  // namespace sidecar::testing

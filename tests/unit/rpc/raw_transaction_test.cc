#include "rpc/raw_transaction.h"

#include <doctest/doctest.h>

#include <string>

#include "rpc/byte_text.h"

// Signed by ethers 6.17.0 and @solana/web3.js 1.99.0 with keys of repeated bytes; hashes,
// signatures and blockhashes are what these libraries say of them.

namespace sidecar::testing {
namespace {

std::string params_of(const std::string& transaction, const std::string& config = "") {
  return "[\"" + transaction + "\"" + (config.empty() ? "" : "," + config) + "]";
}

constexpr const char* kLegacy =
    "0xf86307843b9aca00825208942222222222222222222222222222222222222222018025a03d68d8"
    "9ee247598d663293fa464bdc20be22912d30baa8c6bc5266ad8af3f99ea0764b8d8a79f7d9c6ff89"
    "cb716b9525c8fac692be63e1f818db8de3fd283f473d";
constexpr const char* kLegacyHash =
    "0xd79345b9029d908bbe399bb55c176ac6ba7bb1fdae569f41206894593aee29c1";

constexpr const char* kType1 =
    "0x01f8650107843b9aca008252089422222222222222222222222222222222222222220180c080a0"
    "d01405961b7b4487f7a246da58e73c31c1338bf9f7a4719ee6d434cbe484ec29a0265343fcbd42d4"
    "df9bfac5f66d2c0d26e3dd4c2533ecf121109d4c23d7c6c182";
constexpr const char* kType1Hash =
    "0x5020ed0cc2217008d997958fd78abf50abfa13ad4fb765a3fe60e272fd46be0b";

constexpr const char* kType2 =
    "0x02f86b010701843b9aca0083015f909422222222222222222222222222222222222222220184a9"
    "059cbbc001a0471ef48cd4809aeef7ba13fe8cea52724c900ddd9cec2391f6eb2573cf29431ba006"
    "9086788eff79f7088e0cd52d23f69cbc52dc2f68e96ba3c07310fc0252cfe5";
constexpr const char* kType2Hash =
    "0x75876971c1db09de9ef6419c3678010d47c78a518a71a6a2c8be239b606b41e5";

constexpr const char* kType3 =
    "0x03f889010701843b9aca008252089422222222222222222222222222222222222222220180c001"
    "e1a0013333333333333333333333333333333333333333333333333333333333333301a09e99e981"
    "3e265220cfe4557bab12a148b49a6ebf34b9938ff98c7a3b126701eea072b6ad334f8448bbea599a"
    "826f9d543b7d6b876155be9daa7fc83bfde8c5d5fc";
constexpr const char* kType3Hash =
    "0x9552a80e8b9a7216d2de4eb432b6ce20fc814cee9667ca6e6f09a37aefab2bc3";

constexpr const char* kSvmLegacy58 =
    "4C5dtnZfrP8ne2E9vbc6kSejCPe4hFX6iyinvR5TW4PRSD1f1QXkkTxThNQo1iexa2oGTNBi5bywBLSs"
    "Ba1bkV7JBBVEij3qDnvaHN7ujAgZaRmMwpLV7B2Jn6bdVmHrFhc5ztpJRwLJKUEk9EBazLh2tBu9pM3r"
    "5v6hjqsnVweXhy2T8j3WAfM9FrusGypsLkgP1bZmTorpimUizJoByJuCzFKkz5732D3M4rFiTjwqK3Hc"
    "CsA7xoRVxLAHdx2yLgwrUWJKDFQgDydJ4f89rGB6MdL3who1kb36P";
constexpr const char* kSvmLegacy64 =
    "ASb67ZZg+WVpYWL0iJell4QsC/yLUGvlnwAPbK21lG7fNhbiXx5ybylNEdmj3l/tgBSp01TzjtoyliSm"
    "FUskqAIBAAEDbnoc3Smwt4/ROvTFWY/v9O8qlxZuPKby5Pv8zYBQW/GKh1//HrOEUVd6zVr+5AVFZWjd"
    "fIngkIY6BVe8evSfFwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAxJrndgN4IFTxep3s6kO0"
    "ROug7bEsbx0xxuDkqEvwUusBAgIAAQwCAAAAAQAAAAAAAAA=";
constexpr const char* kSvmLegacySignature =
    "nChMUqMcYCs9pSgDtSB239cw4Z8WxGH5pYoKvmsnxU1UzKbbXrjPcze6SR7MgcTV8K4JrNazwXjYTsSM"
    "avnRg3b";
constexpr const char* kSvmV0 =
    "AY3/vD4xcv+6dJsyq+C3C4DN+aUF9zLn4H8Ym3PuO3ia5nwBUh9NBSvSbeCXiwA5PBpTw/4o4Ke3AdNU"
    "CiHfhQyAAQABA256HN0psLeP0Tr0xVmP7/TvKpcWbjym8uT7/M2AUFvxiodf/x6zhFFXes1a/uQFRWVo"
    "3XyJ4JCGOgVXvHr0nxcAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAMSa53YDeCBU8Xqd7OpD"
    "tETroO2xLG8dMcbg5KhL8FLrAQICAAEMAgAAAAIAAAAAAAAAAA==";
constexpr const char* kSvmV0Signature =
    "3qfSjGF5phaHe5hpw5p2KXRdQ2iqrf88d7X1ggWuKWPShMsy8yUEZGApKDXDJPZDzXgpshMMHHsq6n7t"
    "w36663vB";
constexpr const char* kBlockhash = "EETubP5AKHgjPAhzPAFcb8BAY1hMH639CWCFTqi3hq1k";
constexpr const char* kBase64Config = R"({"skipPreflight":true,"encoding":"base64"})";

/// A list of these items, each encoded already. Requires: under 64 KiB.
std::string rlp_list(const std::string& items) {
  return "\xf9" + to_big_endian(items.size(), 2) + items;
}

}  // namespace

TEST_CASE("evm_transaction_hash: the hash that the signer knows") {
  const struct {
    const char* raw;
    const char* hash;
  } rows[] = {
      {kLegacy, kLegacyHash}, {kType1, kType1Hash}, {kType2, kType2Hash}, {kType3, kType3Hash}};
  for (const auto& row : rows) {
    CAPTURE(std::string(row.raw));
    CHECK(evm_transaction_hash(params_of(row.raw)) == row.hash);
  }
  CHECK(evm_transaction_hash(" [ " + ("\"" + std::string(kType2)) + "\" , 5 ] ") == kType2Hash);
}

TEST_CASE("evm_transaction_hash: blobs that travel along are not hashed") {
  const std::string fields = from_hex(kType3)->substr(1);
  const std::string blobs = rlp_list("\xb9\x40\x01" + std::string(0x4001, '\x05'));
  const std::string proofs = rlp_list("\x80");
  const std::string version_1 = "\x01";

  const std::string eip4844 = "\x03" + rlp_list(fields + blobs + proofs + proofs);
  const std::string eip7594 = "\x03" + rlp_list(fields + version_1 + blobs + proofs + proofs);

  CHECK(evm_transaction_hash(params_of(to_hex(eip4844))) == kType3Hash);
  CHECK(evm_transaction_hash(params_of(to_hex(eip7594))) == kType3Hash);
}

TEST_CASE("evm_transaction_hash: no hash of what is no transaction") {
  for (const char* params :
       {"", "[]", "null", "[null]", "[1]", "{}", "[\"\"]", "[\"0x\"]", "[\"0x0\"]", "[\"f86307\"]",
        "[\"0x80\"]", "[\"0xb8\"]", "[\"0xf8zz\"]", "[\"0xf86\"]", "[\"0xf8\\u0030\"]",
        "[{\"to\":\"0x5f\"}]", "[\"0x03f90003f9ffff00\"]"}) {
    CAPTURE(std::string(params));
    CHECK_FALSE(evm_transaction_hash(params).has_value());
  }
}

TEST_CASE("SvmTransactionFacts: legacy and version 0, base58 and base64") {
  const struct {
    const char* text;
    const char* config;
    const char* signature;
  } rows[] = {{kSvmLegacy58, "", kSvmLegacySignature},
              {kSvmLegacy58, R"({"skipPreflight":true})", kSvmLegacySignature},
              {kSvmLegacy58, R"({"encoding":"base58"})", kSvmLegacySignature},
              {kSvmLegacy64, kBase64Config, kSvmLegacySignature},
              {kSvmV0, kBase64Config, kSvmV0Signature}};
  for (const auto& row : rows) {
    CAPTURE(std::string(row.text));
    const auto facts = svm_transaction_facts(params_of(row.text, row.config));
    REQUIRE(facts.has_value());
    CHECK(facts->signature == row.signature);
    CHECK(facts->blockhash == kBlockhash);
  }
}

TEST_CASE("SvmTransactionFacts: none of what is cut or written otherwise") {
  CHECK_FALSE(svm_transaction_facts(params_of(kSvmLegacy64)).has_value());
  CHECK_FALSE(svm_transaction_facts(params_of(kSvmLegacy58, kBase64Config)).has_value());
  for (const char* params :
       {"", "[]", "[1]", "[\"\"]", "{}", "[\"1\"]", "[\"AA==\",{\"encoding\":\"base64\"}]"}) {
    CAPTURE(std::string(params));
    CHECK_FALSE(svm_transaction_facts(params).has_value());
  }
  CHECK_FALSE(svm_transaction_facts(params_of(std::string(4'097, '2'))).has_value());

  const std::string wire = *from_base64(kSvmV0);
  const size_t needed = wire.find(*from_base58(kBlockhash)) + 32;
  for (size_t size = 0; size < needed; ++size) {
    CAPTURE(size);
    const std::string cut = to_base64(wire.substr(0, size));
    CHECK_FALSE(svm_transaction_facts(params_of(cut, kBase64Config)).has_value());
  }
}

TEST_CASE("blockhash_in: what getLatestBlockhash answers") {
  CHECK(blockhash_in(R"({"context":{"apiVersion":"2.1.0","slot":2792},"value":{"blockhash":)"
                     R"("EkSnNWid2cvwEVnVx9aBqawnmiCNiDgp3gUdkDPTKN1N",)"
                     R"("lastValidBlockHeight":3090}})") ==
        "EkSnNWid2cvwEVnVx9aBqawnmiCNiDgp3gUdkDPTKN1N");
  for (const char* result :
       {"", "null", "{}", R"({"value":null})", R"({"value":{"blockhash":null}})",
        R"({"blockhash":"a"})", R"({"value":{"blockhash":"")"}) {
    CAPTURE(std::string(result));
    CHECK_FALSE(blockhash_in(result).has_value());
  }
}

}  // namespace sidecar::testing

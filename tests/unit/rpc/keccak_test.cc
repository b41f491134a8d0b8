#include "rpc/keccak.h"

#include <doctest/doctest.h>

#include "rpc/byte_text.h"

namespace sidecar::testing {

TEST_CASE("keccak256: known digests around the block size of 136 bytes") {
  struct Vector {
    size_t length;  // of a row of letters a
    const char* digest;
  };
  constexpr Vector kVectors[] = {
      {0, "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"},
      {1, "0x3ac225168df54212a25c1c01fd35bebfea408fdac2e31ddd6f80a4bbf9a5f1cb"},
      {135, "0x34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446"},
      {136, "0xa6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e"},
      {137, "0xd869f639c7046b4929fc92a4d988a8b22c55fbadb802c0c66ebcd484f1915f39"},
      {300, "0x5b7e0e47a96f32a88b4f14ca177982790807c40e1a105742ba0fc1babe1ef826"},
  };
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.length);
    CHECK(to_hex(keccak256(std::string(vector.length, 'a'))) == vector.digest);
  }
}

TEST_CASE("keccak256: the topic of an ERC-20 transfer") {
  CHECK(to_hex(keccak256("Transfer(address,address,uint256)")) ==
        "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
}

}  // namespace sidecar::testing

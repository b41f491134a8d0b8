#include "app/state_file.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "tests/support/temp_folder.h"

namespace sidecar::testing {

namespace {

std::string why(std::string_view bytes) {
  const auto opened = unseal_state(bytes);
  return opened.ok() ? "" : opened.error().detail;
}

}  // namespace

TEST_CASE("StateFile: CRC-32C of the published test vectors") {
  CHECK(crc32c("123456789") == 0xe3069283u);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau);  // RFC 3720, B.4
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
  CHECK(crc32c("") == 0u);
}

TEST_CASE("StateFile: what is sealed opens as it was, and the seal is one line") {
  const std::string json = "{\"a\":1}";

  const std::string sealed = seal_state(json);

  CHECK(sealed.starts_with("rpc-sidecar-state 1 crc32c="));
  CHECK(sealed.ends_with(" bytes=7\n" + json));
  CHECK(unseal_state(sealed).value() == json);
  CHECK(unseal_state(seal_state("")).value().empty());
}

TEST_CASE("StateFile: every cut of a file, and every changed byte, is found") {
  const std::string sealed = seal_state("{\"a\":1}");

  for (size_t i = 0; i < sealed.size(); ++i) {
    CAPTURE(i);
    CHECK_FALSE(unseal_state(sealed.substr(0, i)).ok());
    std::string damaged = sealed;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x01);
    CHECK_FALSE(unseal_state(damaged).ok());
  }
  CHECK_FALSE(unseal_state(sealed + " ").ok());
}

TEST_CASE("StateFile: says what is wrong") {
  CHECK(why("") == "it is no state file of rpc-sidecar");
  CHECK(why("{\"some\":\"json\"}") == "it is no state file of rpc-sidecar");
  CHECK(why("rpc-sidecar-state 2 whatever comes then") ==
        "its version is 2, and this sidecar reads 1");
  CHECK(why("rpc-sidecar-state 1 crc32c=zz") == "its first line is damaged");
  CHECK(why("rpc-sidecar-state 1 crc32c=00000001 bytes=5\n1234") ==
        "it should hold 5 bytes and holds 4");
  CHECK(why("rpc-sidecar-state 1 crc32c=00000001 bytes=4\n1234") == "its checksum is wrong");
}

TEST_CASE("StateFile: a file that is not there, no file, or too large is told apart") {
  TempFolder folder;
  std::ofstream(folder.file("large")) << std::string(kStateBytesMax + 1, 'x');
  std::ofstream(folder.file("good")) << seal_state("{}");

  CHECK(read_state_file(folder.file("none")).error().code == Errc::kNotFound);
  CHECK(read_state_file(folder.file("")).error().code == Errc::kSystem);
  CHECK(read_state_file(folder.file("large")).error().code == Errc::kInvalid);
  CHECK(read_state_file(folder.file("good")).value() == "{}");
}

}  // namespace sidecar::testing

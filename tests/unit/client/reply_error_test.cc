#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "client/rpcsidecar.h"

namespace sidecar::testing {

namespace {

bool has_error(const std::string& bytes, const char* name, bool is_error = true) {
  rpcs_reply reply{};
  reply.is_error = is_error ? 1 : 0;
  reply.bytes = bytes.c_str();
  reply.length = bytes.size();
  return rpcs_reply_has_error(&reply, name) != 0;
}

const std::string kDenied =
    R"({"code":-32601,"message":"no \"data\":{","data":{"name":"POLICY_DENIED","retryable":false}})";

}  // namespace

TEST_CASE("rpcs_reply_has_error: tells the sidecar's own errors by name") {
  CHECK(has_error(kDenied, "POLICY_DENIED"));
  CHECK_FALSE(has_error(kDenied, "CLIENT_LIMIT"));
  CHECK_FALSE(has_error(kDenied, "POLICY"));
  CHECK(
      has_error(R"( { "data" : { "retryable":true, "name" : "CLIENT_LIMIT" } })", "CLIENT_LIMIT"));
}

TEST_CASE("rpcs_reply_has_error: results and a provider's errors are none of ours") {
  CHECK_FALSE(has_error(kDenied, "POLICY_DENIED", /*is_error=*/false));
  CHECK_FALSE(rpcs_reply_has_error(nullptr, "POLICY_DENIED"));
  CHECK_FALSE(has_error(kDenied, nullptr));
  for (const char* bytes :
       {"", "null", "{}", R"({"code":3,"message":"reverted"})", R"({"code":3,"data":"0x08c3"})",
        R"({"data":{"name":7}})", R"({"data":{}})", R"({"data":{"name":"POLICY_DENIED)", R"({"x)",
        R"("POLICY_DENIED")", R"({"name":"POLICY_DENIED"})"}) {
    CAPTURE(bytes);
    CHECK_FALSE(has_error(bytes, "POLICY_DENIED"));
  }
}

TEST_CASE("rpcs_reply_has_error: no text cut anywhere reads past its end") {
  for (size_t length = 0; length < kDenied.size(); ++length) {
    const std::string cut(kDenied.data(), length);
    rpcs_reply reply{};
    reply.is_error = 1;
    reply.bytes = cut.data();
    reply.length = cut.size();

    rpcs_reply_has_error(&reply, "POLICY_DENIED");
    CHECK_FALSE(rpcs_reply_has_error(&reply, "CLIENT_LIMIT"));
  }
}

}  // namespace sidecar::testing

#include "app/rest_error.h"

#include <doctest/doctest.h>

#include <string>

#include "rpc/rpc_error.h"

namespace sidecar::testing {

TEST_CASE("RestError: an error of ours has the status of its name") {
  const struct {
    ErrorName name;
    int status;
  } rows[] = {
      {ErrorName::kBadRequest, 400},      {ErrorName::kPolicyDenied, 403},
      {ErrorName::kClientLimit, 429},     {ErrorName::kUpstreamConnect, 502},
      {ErrorName::kUpstreamBadJson, 502}, {ErrorName::kNoUpstream, 503},
      {ErrorName::kOverloaded, 503},      {ErrorName::kUpstreamRateLimited, 503},
      {ErrorName::kUpstreamTimeout, 504}, {ErrorName::kShuttingDown, 503},
  };
  for (const auto& row : rows) {
    CAPTURE(error_row(row.name).text);
    std::string object;
    write_error_object(object, {.name = row.name, .message = "a \"word\""});

    const RestError error = rest_error_of(Family::kEvm, object);

    CHECK(error.status == row.status);
    CHECK(error.name == error_row(row.name).text);
    CHECK(error.message == "a \"word\"");
    CHECK(error.rpc == object);
  }
}

TEST_CASE("RestError: a provider's error is told by its code") {
  CHECK(rest_error_of(Family::kEvm, R"({"code":-32602,"message":"bad"})").status == 400);
  CHECK(rest_error_of(Family::kSvm, R"({"code":-32007,"message":"skipped"})").status == 404);
  CHECK(rest_error_of(Family::kEvm, R"({"code":-32007,"message":"else"})").status == 502);
  CHECK(rest_error_of(Family::kEvm, R"({"code":-32000,"message":"boom"})").name ==
        "UPSTREAM_ERROR");
  CHECK(rest_error_of(Family::kEvm, "not json").status == 502);
  CHECK(rest_error_of(Family::kEvm, R"({"code":1,"data":{"name":"NO_SUCH"}})").status == 502);
}

TEST_CASE("RestError: texts are escaped and the JSON-RPC error comes along as it is") {
  CHECK(rest_error_json({404, "NOT_FOUND", "no \"x\"\n"}) ==
        "{\"error\":{\"status\":404,\"name\":\"NOT_FOUND\",\"message\":\"no \\\"x\\\"\\n\"}}\n");
  CHECK(rest_error_json({502, "X", "y", R"({"code":1})"}) ==
        "{\"error\":{\"status\":502,\"name\":\"X\",\"message\":\"y\",\"rpc\":{\"code\":1}}}\n");
}

}  // namespace sidecar::testing

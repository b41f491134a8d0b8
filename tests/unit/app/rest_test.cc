#include "app/rest.h"

#include "base/check.h"  // before doctest, which has a CHECK of its own

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "app/block_question.h"
#include "app/rest_error.h"
#include "rpc/json_value.h"
#include "rpc/rpc_error.h"
#include "tests/support/fake_access.h"
#include "tests/support/fake_ports.h"
#include "tests/support/fake_time.h"
#include "tests/support/fake_view_out.h"

namespace sidecar::testing {

namespace {

struct Site {
  FakeTime time;
  FakeAccess access;
  SessionTable sessions;
  FakeCalls calls;
  FakeViewOut out;
  bool is_serving = true;
  std::vector<ChainInfo> chains{{1, "ethereum", Family::kEvm, 1}, {2, "solana", Family::kSvm, 0}};
  std::vector<std::string> limits;
  Rest rest{{
      .timers = time,
      .sessions = sessions,
      .calls = calls,
      .access = access,
      .status = []() { return std::string("{\"whole\":1}"); },
      .chain_status = [](ChainNumber chain) { return "{\"of\":" + std::to_string(chain) + "}"; },
      .health =
          [this](std::string_view chain) {
            return HealthReport{is_serving, "health of " + std::string(chain)};
          },
      .chains = chains,
      .hello = []() { return std::string("{\"server\":\"rpc-sidecar\"}"); },
      .on_limit = [this](std::string_view limit) { limits.emplace_back(limit); },
  }};
  ViewId last = 0;

  const FakeViewOut::Got& get(std::string_view path, std::string_view accept = "*/*",
                              std::string_view query = "") {
    static const FakeViewOut::Got kNothingYet;
    rest.open(++last, {path, query, accept, false, {.worker = 7}}, out);
    return out.got.contains(last) ? out.got[last] : kNothingYet;
  }
  std::string error_name() {
    return std::string(
        JsonValue::parse(out.got[last].body)->operator[]("error")["name"].as_string().value_or(""));
  }
  void answer(Reply::Kind kind, std::string_view body) {
    const FakeCalls::Submitted call = calls.submitted.back();
    sessions.on_reply(call.session, call.token, {kind, body});
  }
};

}  // namespace

TEST_CASE("Rest: documents have a path each, and headers that keep them out of caches") {
  Site site;

  CHECK(site.get("/status").body == "{\"whole\":1}\n");
  CHECK(site.get("/status").more.find("Cache-Control: no-store\r\n") != std::string::npos);
  CHECK(site.get("/status").more.find("X-Content-Type-Options: nosniff\r\n") != std::string::npos);
  CHECK(site.get("/v1/chains/solana/status").body == "{\"of\":2}\n");
  const auto listed = JsonValue::parse(site.get("/v1/chains").body);
  REQUIRE(listed.has_value());
  CHECK((*listed)["chains"].at(0)["name"].as_string() == "ethereum");
  CHECK((*listed)["chains"].at(0)["chain_id"].as_uint64() == uint64_t{1});
  CHECK_FALSE((*listed)["chains"].at(1).has("chain_id"));
}

TEST_CASE("Rest: health is 200 or 503, of all or of the chain that is named") {
  Site site;

  CHECK(site.get("/health").status == 200);
  CHECK(site.get("/health", "", "x=1&chain=solana").body == "health of solana");
  site.is_serving = false;
  CHECK(site.get("/health").status == 503);
  CHECK(site.get("/health", "", "chain=nope").status == 404);
}

TEST_CASE("Rest: a path that was added is served with its own type") {
  Site site;
  site.rest.add("/figures", [](std::string_view query) {
    return Document{.content_type = "text/x", .body = "of " + std::string(query)};
  });

  CHECK(site.get("/figures", "", "a=b").body == "of a=b");
  CHECK(site.get("/figures").content_type == "text/x");
  CHECK(site.rest.is_view("/figures"));
}

TEST_CASE("Rest: who asks for HTML gets the page at /, all others the hello") {
  Site site;

  const FakeViewOut::Got page = site.get("/", "text/html,application/xhtml+xml");
  CHECK(page.content_type == "text/html; charset=utf-8");
  CHECK(page.more.find("Content-Security-Policy: default-src 'none'") != std::string::npos);
  CHECK(page.body.starts_with("<!DOCTYPE html>"));
  CHECK(site.get("/", "*/*").body == "{\"server\":\"rpc-sidecar\"}");
  CHECK(site.get("/", "").content_type == "application/json");
  CHECK(site.get("/ethereum", "text/html").body == "{\"server\":\"rpc-sidecar\"}");
}

TEST_CASE("Rest: what is not there is told in JSON, with the right status") {
  const struct {
    const char* path;
    int status;
    const char* name;
  } rows[] = {
      {"/nope", 404, "NOT_FOUND"},
      {"/v1", 404, "NOT_FOUND"},
      {"/v1/chains/", 404, "NOT_FOUND"},
      {"/v1/chains/nope/status", 404, "NOT_FOUND"},
      {"/v1/chains/ethereum", 404, "NOT_FOUND"},
      {"/v1/chains/ethereum/status/x", 404, "NOT_FOUND"},
      {"/v1/chains/ethereum/blocks", 404, "NOT_FOUND"},
      {"/v1/chains/ethereum/blocks/", 404, "NOT_FOUND"},
      {"/v1/chains/ethereum/blocks/1/2", 404, "NOT_FOUND"},
      {"/v1/chains/ethereum/blocks/newest", 400, "BAD_REQUEST"},
      {"/v1/chains/ethereum/blocks/-1", 400, "BAD_REQUEST"},
      {"/v1/chains/ethereum/blocks/0x", 400, "BAD_REQUEST"},
      {"/v1/chains/ethereum/blocks/1e3", 400, "BAD_REQUEST"},
      {"/v1/chains/ethereum/blocks/18446744073709551616", 400, "BAD_REQUEST"},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.path));
    Site site;

    CHECK(site.get(row.path).status == row.status);
    CHECK(site.error_name() == row.name);
    CHECK(site.calls.submitted.empty());
  }
}

TEST_CASE("Rest: blocks are asked as calls of the chain's family") {
  const struct {
    const char* path;
    const char* query;
    const char* method;
    const char* params;
  } rows[] = {
      {"/v1/chains/ethereum/blocks/latest", "", "eth_getBlockByNumber", R"(["latest",false])"},
      {"/v1/chains/ethereum/blocks/255", "", "eth_getBlockByNumber", R"(["0xff",false])"},
      {"/v1/chains/ethereum/blocks/0xFF", "full=true", "eth_getBlockByNumber", R"(["0xff",true])"},
      {"/v1/chains/solana/blocks/7", "", "getBlock",
       R"([7,{"encoding":"json","transactionDetails":"signatures",)"
       R"("maxSupportedTransactionVersion":0,"rewards":false,"commitment":"confirmed"}])"},
      {"/v1/chains/solana/blocks/latest", "", "getSlot", R"([{"commitment":"confirmed"}])"},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.path));
    Site site;

    site.get(row.path, "", row.query);

    REQUIRE(site.calls.submitted.size() == 1);
    CHECK(site.calls.submitted[0].method == row.method);
    CHECK(site.calls.submitted[0].params == row.params);
    CHECK_FALSE(site.calls.submitted[0].may_stream);
    CHECK(site.out.got.empty());
  }
}

TEST_CASE("Rest: a block's answer goes out as it came, and its session ends") {
  Site site;
  site.get("/v1/chains/ethereum/blocks/255");

  site.answer(Reply::Kind::kResult, R"({"number":"0xff","x":1.0})");

  CHECK(site.out.got[1].status == 200);
  CHECK(site.out.got[1].body ==
        "{\"chain\":\"ethereum\",\"block\":{\"number\":\"0xff\",\"x\":1.0}}\n");
  CHECK(site.sessions.size() == 1);
  site.time.advance(Nanos(0));
  CHECK(site.sessions.size() == 0);
  site.rest.on_gone(1);  // too late: nobody is asked to stop
  CHECK(site.calls.cancelled.empty());
}

TEST_CASE("Rest: on Solana the latest block is that of the newest slot") {
  Site site;
  site.get("/v1/chains/solana/blocks/latest");

  site.answer(Reply::Kind::kResult, "4242");
  REQUIRE(site.calls.submitted.size() == 2);
  CHECK(site.calls.submitted[1].method == "getBlock");
  CHECK(site.calls.submitted[1].params.starts_with("[4242,"));
  site.answer(Reply::Kind::kResult, "{}");

  CHECK(site.out.got[1].body == "{\"chain\":\"solana\",\"slot\":4242,\"block\":{}}\n");
}

TEST_CASE("Rest: a slot that is no number is the provider's fault") {
  Site site;
  site.get("/v1/chains/solana/blocks/latest");

  site.answer(Reply::Kind::kResult, "\"soon\"");

  CHECK(site.out.got[1].status == 502);
}

TEST_CASE("Rest: a block that is not there is 404, an error what it says") {
  Site site;
  site.get("/v1/chains/ethereum/blocks/999");
  site.answer(Reply::Kind::kResult, "null");
  CHECK(site.out.got[1].status == 404);

  site.get("/v1/chains/ethereum/blocks/999");
  std::string object;
  write_error_object(object, {.name = ErrorName::kUpstreamTimeout});
  site.answer(Reply::Kind::kError, object);
  CHECK(site.out.got[2].status == 504);
  CHECK(site.error_name() == "UPSTREAM_TIMEOUT");

  site.get("/v1/chains/solana/blocks/latest");
  site.answer(Reply::Kind::kError, R"({"code":-32005,"message":"node is behind"})");
  CHECK(site.out.got[3].status == 502);
}

TEST_CASE("Rest: who leaves while a block is asked for takes the call along") {
  Site site;
  site.get("/v1/chains/ethereum/blocks/1");

  site.rest.on_gone(1);
  site.time.advance(Nanos(0));

  CHECK(site.calls.cancelled == std::vector<CallId>{1});
  CHECK(site.sessions.size() == 0);
  CHECK(site.out.got.empty());
}

TEST_CASE("Rest: going down answers what is under way") {
  Site site;
  site.get("/v1/chains/ethereum/blocks/1");

  site.sessions.for_each([](Session& session) { session.on_shutdown(); });

  CHECK(site.out.got[1].status == 503);
  CHECK(site.error_name() == "SHUTTING_DOWN");
  CHECK(site.calls.cancelled == std::vector<CallId>{1});
}

TEST_CASE("Rest: /events streams, tells one too many 503, and HEAD the head only") {
  Site site;
  for (size_t i = 0; i < LiveStatus::kReadersMax; ++i) {
    CHECK(site.get("/events").is_stream);
  }

  CHECK(site.get("/events").status == 503);
  CHECK(site.error_name() == "OVERLOADED");
  site.rest.on_gone(1);
  CHECK(site.get("/events").is_stream);
  site.rest.open(++site.last, {"/events", "", "", true, {}}, site.out);
  CHECK_FALSE(site.out.got[site.last].is_stream);
  CHECK(site.out.got[site.last].content_type == "text/event-stream; charset=utf-8");
  CHECK(site.rest.reader_count() == LiveStatus::kReadersMax);
}

TEST_CASE("Rest: only paths for GET are views; chains and unknown ones are not") {
  Site site;

  for (const char* path : {"/health", "/status", "/events", "/v1/chains", "/v1/chains/x/status"}) {
    CHECK(site.rest.is_view(path));
  }
  for (const char* path : {"/", "/ethereum", "/v1/ws/ethereum", "/nope", "/v1/chainsx"}) {
    CHECK_FALSE(site.rest.is_view(path));
  }
}

TEST_CASE("Rest: a value of a query is found by its whole name") {
  CHECK(query_value("a=1&chain=x&b", "chain") == "x");
  CHECK(query_value("chains=1&chain=", "chain") == "");
  CHECK(query_value("xchain=1", "chain") == "");
  CHECK(query_value("chain", "chain") == "");
  CHECK(query_value("", "chain") == "");
}

}  // namespace sidecar::testing

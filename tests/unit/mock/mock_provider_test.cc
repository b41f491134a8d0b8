#include "mock/mock_provider.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rpc/json_value.h"
#include "tests/unit/mock/mock_client.h"

namespace sidecar::testing {

namespace {

/// A mock on a free port, and a loop to turn.
struct Provider {
  explicit Provider(MockOptions options = {}) {
    auto made = Loop::create();
    REQUIRE(made.ok());
    loop = std::move(made).value();
    auto mock_made = MockProvider::create(*loop, options);
    REQUIRE(mock_made.ok());
    mock = std::move(mock_made).value();
  }
  ~Provider() {
    bool is_closed = false;
    mock->close([&is_closed] { is_closed = true; });
    CHECK(turn_until(*loop, [&is_closed] { return is_closed; }));
  }

  MockClient client() const { return MockClient(*loop, mock->port()); }

  std::unique_ptr<Loop> loop;
  std::unique_ptr<MockProvider> mock;
};

std::string call(std::string_view method, std::string_view params = "[]") {
  return R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":)" +
         std::string(params) + "}";
}

long resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) {
      return std::stol(line.substr(6));
    }
  }
  return 0;
}

/// How a client sees one POST end: the status, or what came of the connection.
std::string end_of(Provider& provider) {
  MockClient client(*provider.loop, provider.mock->port());
  const HttpAnswer answer = client.post(call("eth_chainId"));
  if (answer.status == 0) {
    return "cut";
  }
  if (answer.status != 200) {
    return std::to_string(answer.status);
  }
  return answer.body.find("-32603") == std::string::npos ? "fine" : "error";
}

}  // namespace

TEST_CASE("MockProvider: answers calls and batches over HTTP, request after request") {
  Provider provider({.head = 1'000});
  MockClient client = provider.client();

  CHECK(client.post(call("eth_blockNumber")).body ==
        R"({"jsonrpc":"2.0","id":1,"result":"0x3e8"})");
  const HttpAnswer batch = client.post("[" + call("eth_chainId") + "," + call("net_version") + "]");
  CHECK(batch.status == 200);
  CHECK(batch.head.find("application/json") != std::string::npos);
  CHECK(JsonValue::parse(batch.body)->size() == 2);
  CHECK(client.post(R"({"jsonrpc":"2.0","method":"eth_chainId"})").body.empty());
  CHECK(provider.mock->stats().connections_total == 1);
}

TEST_CASE("MockProvider: two of one seed are nodes of one chain") {
  Provider one;
  Provider other;
  MockClient client = one.client();
  MockClient other_client = other.client();
  const std::string block = call("eth_getBlockByNumber", R"(["0x64",true])");

  const std::string answer = client.post(block).body;

  CHECK(answer.find("\"hash\":\"0x") != std::string::npos);
  CHECK(other_client.post(block).body == answer);
}

TEST_CASE("MockProvider: GET /stats tells what was asked, /health that it lives") {
  Provider provider({.family = MockFamily::kSvm, .host = "127.0.0.1", .seed = 9});
  MockClient client = provider.client();
  client.post(call("getHealth"));
  client.post(call("getNothing"));

  const HttpAnswer answer = client.get("/stats");

  CHECK(answer.status == 200);
  const auto stats = JsonValue::parse(answer.body);
  REQUIRE(stats);
  CHECK((*stats)["family"].as_string() == "svm");
  CHECK((*stats)["seed"].as_uint64() == 9);
  CHECK((*stats)["requests"].as_uint64() == 2);
  CHECK((*stats)["by_method"]["getHealth"].as_uint64() == 1);
  CHECK((*stats)["by_method"]["other"].as_uint64() == 1);
  CHECK((*stats)["connections"]["open"].as_uint64() == 1);
  CHECK((*stats)["in_flight"]["now"].as_uint64() == 0);
  CHECK((*stats)["in_flight"]["max"].as_uint64() == 1);
  CHECK((*stats)["last_ids"].size() == 2);
  CHECK(provider.client().get("/health").body == "ok");
}

TEST_CASE("MockProvider: other paths, methods and content types are refused") {
  Provider provider;
  const auto status = [&provider](std::string_view request) {
    MockClient client = provider.client();
    client.send(request);
    return client.answer().status;
  };

  CHECK(status("GET / HTTP/1.1\r\nHost: x\r\n\r\n") == 404);
  CHECK(status("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n") == 405);
  MockClient client = provider.client();
  CHECK(client.post(call("eth_chainId"), "text/plain").status == 415);
  MockClient second = provider.client();
  CHECK(second.post(call("eth_chainId"), "application/json; charset=utf-8").status == 200);
}

TEST_CASE("MockProvider: latency and mock_sleep hold an answer back") {
  Provider provider({.latency_min = Millis(10), .latency_max = Millis(20)});
  MockClient slow = provider.client();
  MockClient quick = provider.client();
  const Instant start = provider.loop->now();

  slow.send_post(call("mock_sleep", "[40]"));
  const HttpAnswer quick_answer = quick.post(call("eth_chainId"));
  const Instant between = provider.loop->now();
  const HttpAnswer slow_answer = slow.answer();

  CHECK(quick_answer.status == 200);
  CHECK(between - start >= Millis(10));
  CHECK(slow_answer.body == R"({"jsonrpc":"2.0","id":1,"result":true})");
  CHECK(provider.loop->now() - start >= Millis(50));
  CHECK(provider.mock->stats().in_flight_max == 2);
}

TEST_CASE("MockProvider: who leaves while the answer is held is forgotten") {
  Provider provider;
  MockClient client = provider.client();
  client.send_post(call("mock_sleep", "[600000]"));
  REQUIRE(turn_until(*provider.loop, [&] { return provider.mock->stats().in_flight == 1; }));

  client.leave();

  CHECK(turn_until(*provider.loop, [&] { return provider.mock->stats().left_early == 1; }));
  CHECK(provider.mock->stats().in_flight == 0);
  CHECK(turn_until(*provider.loop, [&] { return provider.mock->stats().connections_open == 0; }));
}

TEST_CASE("MockProvider: failures come at the asked rate, of every kind, the same for one seed") {
  constexpr int kCalls = 200;
  std::vector<std::string> ends;
  std::map<std::string, int> counts;
  {
    Provider provider({.seed = 77, .failure_rate = 0.3});
    for (int i = 0; i < kCalls; ++i) {
      ends.push_back(end_of(provider));
      ++counts[ends.back()];
    }
    CHECK(provider.mock->stats().failed_with_503 == static_cast<uint64_t>(counts["503"]));
    CHECK(provider.mock->stats().failed_with_cut == static_cast<uint64_t>(counts["cut"]));
    CHECK(provider.mock->stats().failed_with_error == static_cast<uint64_t>(counts["error"]));
  }
  CHECK(counts["fine"] > kCalls / 2);
  CHECK(counts["503"] > 5);
  CHECK(counts["cut"] > 5);
  CHECK(counts["error"] > 5);

  Provider again({.seed = 77, .failure_rate = 0.3});
  for (int i = 0; i < 40; ++i) {
    CAPTURE(i);
    CHECK(end_of(again) == ends[static_cast<size_t>(i)]);
  }
}

TEST_CASE("MockProvider: mock_raw answers with any status and body") {
  Provider provider;
  MockClient client = provider.client();

  const HttpAnswer answer = client.post(call("mock_raw", R"([429,"slow down","text/plain"])"));

  CHECK(answer.status == 429);
  CHECK(answer.body == "slow down");
  CHECK(answer.head.find("text/plain") != std::string::npos);
}

TEST_CASE("MockProvider: a blob comes whole, streamed at the reader's pace in little memory") {
  constexpr size_t kBytes = 48u << 20;
  Provider provider;
  MockClient client = provider.client();
  client.send_post(call("mock_blob", "[" + std::to_string(kBytes) + "]"));
  turn(*provider.loop, 200);  // nothing is read meanwhile: it must wait, not pile up
  const long waiting = resident_kib();

  CHECK(provider.mock->stats().in_flight == 1);
  const HttpAnswer answer = client.answer();

  REQUIRE(answer.is_complete);
  CHECK(answer.body.size() ==
        kBytes + std::string_view(R"({"jsonrpc":"2.0","id":1,"result":""})").size());
  CHECK(answer.body.starts_with(R"({"jsonrpc":"2.0","id":1,"result":"abcdef)"));
  CHECK(answer.body.ends_with("\"}"));
  CHECK(answer.body.find("zzz") == std::string::npos);
  CHECK(provider.mock->stats().in_flight == 0);
  CHECK(resident_kib() - waiting > static_cast<long>(kBytes / 1'024 / 2));  // now the client has it
  CHECK(client.post(call("eth_chainId")).status == 200);
}

TEST_CASE("MockProvider: who leaves in the middle of a blob ends it") {
  Provider provider;
  MockClient client = provider.client();
  client.send_post(call("mock_blob", "[1000000000]"));
  turn(*provider.loop, 50);

  client.leave();

  CHECK(turn_until(*provider.loop, [&] { return provider.mock->stats().in_flight == 0; }));
  CHECK(provider.mock->stats().left_early == 1);
}

TEST_CASE("MockProvider: the control page is on its own port, or else on the same one") {
  const std::string control = R"({"faults":[{"kind":"lag","blocks":4}]})";
  const auto request = [](std::string_view body) {
    return "POST /control HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
  };
  for (const bool is_separate : {false, true}) {
    CAPTURE(is_separate);
    MockOptions options{.head = 1'000};
    if (is_separate) {
      options.control_port = 0;
    }
    Provider provider(options);
    CHECK((provider.mock->control_port() != 0) == is_separate);
    MockClient pages(*provider.loop,
                     is_separate ? provider.mock->control_port() : provider.mock->port());
    MockClient client = provider.client();

    pages.send(request(control));
    const HttpAnswer applied = pages.answer();
    CHECK(applied.status == 200);
    CHECK(applied.body == "{\"faults\":[{\"kind\":\"lag\",\"blocks\":4}],\"strikes\":[0]}\n");
    CHECK(client.post(call("eth_blockNumber")).body.ends_with(R"("0x3e4"})"));

    pages.send(request(R"({"add":[{"kind":"lag"}]})"));
    const HttpAnswer refused = pages.answer();
    CHECK(refused.status == 400);
    CHECK(refused.body.starts_with("add[0].blocks: must be given"));
    MockClient other = provider.client();
    CHECK(other.get("/control").status == (is_separate ? 404 : 200));
  }
}

TEST_CASE("MockProvider: faults of the start are on, and a wrong one is refused") {
  Provider provider({.head = 1'000, .faults = {R"({"kind":"wrong_id"})", R"([{"kind":"lag",
    "blocks":1}])"}});

  CHECK(provider.client().post(call("eth_blockNumber")).body ==
        R"({"jsonrpc":"2.0","id":1000000007,"result":"0x3e7"})");

  auto loop = Loop::create();
  REQUIRE(loop.ok());
  const auto made = MockProvider::create(*loop.value(), {.faults = {R"({"kind":"refuse"})"}});
  REQUIRE_FALSE(made.ok());
  CHECK(made.error().code == Errc::kInvalid);
  CHECK(made.error().detail.starts_with("fault: add[0].kind: refuse needs a control port"));
}

TEST_CASE("MockProvider: calls that are swallowed or refused are counted all the same") {
  Provider provider;
  const auto control = [&provider](std::string_view body) {
    MockClient pages = provider.client();
    pages.send("POST /control HTTP/1.1\r\nHost: x\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    return pages.answer().status;
  };
  REQUIRE(control(R"({"faults":[{"kind":"http_status","status":503}]})") == 200);
  MockClient client = provider.client();
  CHECK(client.post(call("eth_chainId")).status == 503);
  CHECK(client.post(call("eth_sendRawTransaction", R"(["0x01"])")).status == 503);
  CHECK(client.post(call("eth_sendRawTransaction", R"(["0x01"])")).status == 503);
  REQUIRE(control(R"({"faults":[{"kind":"blackhole"}]})") == 200);
  client.send_post(call("eth_chainId"));

  REQUIRE(turn_until(*provider.loop, [&] { return provider.mock->stats().in_flight == 1; }));
  const MockStats& stats = provider.mock->stats();
  CHECK(stats.by_method.at("eth_chainId") == 2);
  CHECK(stats.transactions.distinct() == 1);
  CHECK(stats.transactions.repeats_max() == 2);
  CHECK(stats.requests == 4);
  client.leave();
  CHECK(turn_until(*provider.loop, [&] { return provider.mock->stats().in_flight == 0; }));
}

TEST_CASE("MockProvider: options out of range and a taken port are refused") {
  auto loop = Loop::create();
  REQUIRE(loop.ok());
  const auto refusal = [&loop](const MockOptions& options) {
    auto made = MockProvider::create(*loop.value(), options);
    REQUIRE(!made.ok());
    return made.error().code;
  };

  CHECK(refusal({.failure_rate = 1.5}) == Errc::kInvalid);
  CHECK(refusal({.failure_rate = -0.1}) == Errc::kInvalid);
  CHECK(refusal({.block_time = Millis(0)}) == Errc::kInvalid);
  CHECK(refusal({.head = 1'000'000'001}) == Errc::kInvalid);
  CHECK(refusal({.latency_min = Millis(5), .latency_max = Millis(4)}) == Errc::kInvalid);
  Provider provider;
  CHECK(refusal({.port = provider.mock->port()}) == Errc::kInUse);
}

}  // namespace sidecar::testing

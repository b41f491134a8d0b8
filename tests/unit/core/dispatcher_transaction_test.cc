#include "core/dispatcher.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/house.h"

namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

/// EIP-155's own example and its hash.
constexpr std::string_view kRaw =
    R"(["0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"])";
constexpr std::string_view kHash =
    R"("0x33469b22e9f636356c4160a87eb19df52b7412e8eac32a4a55ffe88ea8350788")";
constexpr std::string_view kAlreadyKnown = R"({"code":-32000,"message":"already known"})";
constexpr std::string_view kNonceTooLow = R"({"code":-32000,"message":"nonce too low"})";
constexpr std::string_view kUnderpriced =
    R"({"code":-32000,"message":"replacement transaction underpriced"})";

}  // namespace

TEST_CASE("Dispatcher: F13 send, timeout, then already known is success with our hash") {
  House house;

  house.submit("eth_sendRawTransaction", kRaw);
  house.time.advance(5s);
  REQUIRE(house.started(1) == 1);
  house.channel(1).end(Outcome::kRpcError, kAlreadyKnown);

  CHECK_FALSE(house.downstream.replies[0].is_error);
  CHECK(house.answer() == kHash);
}

TEST_CASE("Dispatcher: F14 nonce too low is success when the transaction is found") {
  House house;

  house.submit("eth_sendRawTransaction", kRaw);
  house.channel(0).end(Outcome::kRpcError, kNonceTooLow);
  REQUIRE(house.started(0) == 2);
  CHECK(house.channel(0).started[1].tail ==
        R"("method":"eth_getTransactionByHash","params":[)" + std::string(kHash) + "]}");
  house.channel(0).end(Outcome::kResult, "null");
  REQUIRE(house.started(1) == 1);
  house.channel(1).end(Outcome::kResult, R"({"hash":"0x33"})");

  CHECK_FALSE(house.downstream.replies[0].is_error);
  CHECK(house.answer() == kHash);
}

TEST_CASE("Dispatcher: F14 nonce too low stays an error when nobody has the transaction") {
  House house;

  house.submit("eth_sendRawTransaction", kRaw);
  house.channel(0).end(Outcome::kRpcError, kNonceTooLow);
  house.channel(0).end(Outcome::kResult, "null");
  house.channel(1).end(Outcome::kResult, "null");

  CHECK(house.downstream.replies.size() == 1);
  CHECK(house.answer() == kNonceTooLow);
  CHECK(house.dispatcher.calls_in_flight() == 0);
}

TEST_CASE("Dispatcher: F14 looking for the transaction takes no longer than its timeout") {
  House house;

  house.submit("eth_sendRawTransaction", kRaw);
  house.channel(0).end(Outcome::kRpcError, kNonceTooLow);
  house.time.advance(3s);

  CHECK(house.answer() == kNonceTooLow);
  CHECK(house.dispatcher.calls_in_flight() == 0);
}

TEST_CASE("Dispatcher: F15 underpriced is passed on verbatim and never retried") {
  House house;

  house.submit("eth_sendRawTransaction", kRaw);
  house.channel(0).end(Outcome::kRpcError, kUnderpriced);

  CHECK(house.started(1) == 0);
  CHECK(house.answer() == kUnderpriced);
}

TEST_CASE("Dispatcher: F16 sent to several, the one that accepts wins over the one that rejects") {
  HouseOptions options;
  options.pool.broadcast = 2;
  House house(options);

  house.submit("eth_sendRawTransaction", kRaw);
  REQUIRE(house.started(0) == 1);
  REQUIRE(house.started(1) == 1);
  house.channel(0).end(Outcome::kRpcError, kUnderpriced);
  CHECK_FALSE(house.is_answered());
  house.channel(1).end(Outcome::kResult, kHash);

  CHECK(house.answer() == kHash);
}

TEST_CASE("Dispatcher: a broadcast goes on after its first acceptance, and ends by itself") {
  HouseOptions options;
  options.pool.broadcast = 2;
  House house(options);

  house.submit("eth_sendRawTransaction", kRaw);
  house.channel(1).end(Outcome::kResult, kHash);
  CHECK(house.channel(0).cancelled.empty());
  CHECK(house.dispatcher.attempts_in_flight() == 1);
  house.time.advance(6s);

  CHECK(house.channel(0).cancelled.size() == 1);
  CHECK(house.dispatcher.attempts_in_flight() == 0);
  CHECK(house.ethereum.endpoint(0).inflight_count == 0);
}

TEST_CASE("Dispatcher: a broadcast that all reject is answered with a provider's own words") {
  HouseOptions options;
  options.pool.broadcast = 2;
  House house(options);

  house.submit("eth_sendRawTransaction", kRaw);
  house.channel(0).end(Outcome::kRpcError, kUnderpriced);
  house.channel(1).end(Outcome::kRpcError, kUnderpriced);

  CHECK(house.answer() == kUnderpriced);
}

}  // namespace sidecar::testing

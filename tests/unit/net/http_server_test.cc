#include "net/http_server.h"

#include <doctest/doctest.h>

#include "tests/unit/net/http_served.h"

namespace sidecar::testing {

TEST_CASE("HttpServer: answers request after request on one connection") {
  Served served;
  SocketPair client;
  served.adopt(client);

  client.send(post("{\"id\":1}"));
  const std::string first = served.receive(client, answer("{\"id\":1}").size());
  client.send(post("{\"id\":22}"));
  const std::string second = served.receive(client, answer("{\"id\":22}").size());

  CHECK(first == answer("{\"id\":1}"));
  CHECK(second == answer("{\"id\":22}"));
  CHECK(served.requests == std::vector<std::string>{"POST / {\"id\":1}", "POST / {\"id\":22}"});
  CHECK(served.heads[0] == "POST / host=localhost origin= type=application/json");
  CHECK(served.last_tag == 7);
}

}  // namespace sidecar::testing

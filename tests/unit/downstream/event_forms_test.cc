#include "downstream/event_forms.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {
namespace {

FeedEvent event_of(Family family, std::string_view value) {
  FeedEvent event;
  event.at = {1, 2};
  event.value = value;
  event.method = family == Family::kEvm ? "eth_subscription" : "slotNotification";
  event.family = family;
  return event;
}

TEST_CASE("EventForms: each dialect's form is made once, whatever ids are put into it") {
  const FeedEvent event = event_of(Family::kEvm, R"({"number": "0x1"})");
  EventForms forms(event);

  for (const std::string id : {"\"0x1\"", "\"0x2\"", "\"0xabcdef0123456789\"", "\"0x3\""}) {
    const std::string start =
        R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":)" + id;
    CHECK(forms.ws(id) == start + R"(,"result":{"number": "0x1"}}})");
    CHECK(forms.ipc(id) == start + R"(,"result":{"number":"0x1"}}})" + "\n");
    CHECK(forms.framed().substr(12) == R"({"number": "0x1"})");
  }
  CHECK(forms.made_count() == 3);
}

TEST_CASE("EventForms: Solana's notifications end with the id") {
  const FeedEvent event = event_of(Family::kSvm, R"({"slot":5})");
  EventForms forms(event);

  for (const std::string id : {"7", "1234", "8"}) {
    const std::string text =
        R"({"jsonrpc":"2.0","method":"slotNotification","params":{"result":{"slot":5},"subscription":)" +
        id + "}}";
    CHECK(forms.ws(id) == text);
    CHECK(forms.ipc(id) == text + "\n");
  }
  CHECK(forms.made_count() == 2);
}

}  // namespace
}  // namespace sidecar::testing

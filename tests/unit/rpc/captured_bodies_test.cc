#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "rpc/compact.h"
#include "rpc/envelope.h"
#include "rpc/json_value.h"
#include "rpc/rpc_error.h"

// Answers as nodes gave them: anvil 1.7.1's as captured, Agave's after its documentation. They are
// the seeds of the envelope fuzz target too.

namespace sidecar::testing {
namespace {

std::map<std::string, std::string> captured(const std::string& node) {
  std::map<std::string, std::string> bodies;
  const std::filesystem::path folder = std::string(TEST_SOURCE_DIR) + "/fuzz/corpus/envelope";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(node)) {
      std::ostringstream body;
      body << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      bodies[name] = body.str();
    }
  }
  return bodies;
}

std::string value_of(std::string_view text) {
  std::string out;
  const auto value = JsonValue::parse(text);
  REQUIRE(value.has_value());
  value->write(out);
  return out;
}

}  // namespace

TEST_CASE("ResponseView: reads the answers of real nodes") {
  const std::map<std::string, ResponseKind> kinds = {
      {"anvil_block", ResponseKind::kResult},
      {"anvil_block_full", ResponseKind::kResult},
      {"anvil_error_method", ResponseKind::kError},
      {"anvil_error_params", ResponseKind::kError},
      {"anvil_error_revert", ResponseKind::kError},
      {"anvil_fee_history", ResponseKind::kResult},
      {"anvil_logs", ResponseKind::kResult},
      {"anvil_null_receipt", ResponseKind::kResult},
      {"anvil_receipt", ResponseKind::kResult},
      {"agave_account_info", ResponseKind::kResult},
      {"agave_preflight_error", ResponseKind::kError},
  };
  auto bodies = captured("anvil_");
  bodies.merge(captured("agave_"));
  for (const auto& row : kinds) {
    CAPTURE(row.first);
    REQUIRE(bodies.count(row.first) == 1);
    const ResponseView view = parse_response(bodies[row.first]);
    CHECK(view.kind == row.second);
    CHECK_FALSE(view.id.empty());
  }
  CHECK(parse_response(bodies["anvil_null_receipt"]).result == "null");
  CHECK(split_batch(bodies["anvil_batch"], 10).items.size() == 2);
}

TEST_CASE("ErrorView: reads the errors of real nodes") {
  auto anvil = captured("anvil_error");
  const ErrorView revert = error_view(parse_response(anvil["anvil_error_revert"]).error);
  CHECK(revert.code == 3);
  CHECK(revert.message == "\"execution reverted: }\"");
  CHECK(revert.data.starts_with("\"0x08c379a0"));

  auto agave = captured("agave_");
  const ErrorView preflight = error_view(parse_response(agave["agave_preflight_error"]).error);
  CHECK(preflight.code == -32002);
  CHECK(preflight.data.find("unitsConsumed") != std::string_view::npos);
}

TEST_CASE("CompactWriter: the answers of real nodes keep their value on one line") {
  auto bodies = captured("anvil_");
  bodies.merge(captured("agave_"));
  REQUIRE(bodies.size() >= 12);
  for (const auto& row : bodies) {
    CAPTURE(row.first);
    const std::string& body = row.second;
    std::string out;
    append_compact(out, body);
    CHECK(value_of(out) == value_of(body));
    CHECK(out.find('\n') == std::string::npos);
  }
}

}  // namespace sidecar::testing

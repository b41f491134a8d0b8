#include "app/command_line.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "app/commands.h"

namespace sidecar::testing {

namespace {

constexpr std::array<OptionRow, 2> kOptions{OptionRow{"--socket", "PATH", "where"},
                                            OptionRow{"--raw", "", "as it came"}};

const Command kCommand{.name = "call",
                       .positional = "METHOD [PARAMS]",
                       .sentence = "call",
                       .options = kOptions,
                       .positional_min = 1,
                       .positional_max = 2,
                       .notes = "",
                       .run = nullptr};

Result<Arguments> parse(const std::vector<const char*>& words) {
  return parse_arguments(kCommand, words);
}

}  // namespace

TEST_CASE("CommandLine: options and positional words in any order") {
  const auto parsed = parse({"--raw", "eth_call", "--socket", "/tmp/s", "[1]"});

  REQUIRE(parsed.ok());
  CHECK(parsed.value().has("--raw"));
  CHECK(parsed.value().value_or("--socket", "") == "/tmp/s");
  CHECK(parsed.value().positional == std::vector<std::string>{"eth_call", "[1]"});
}

TEST_CASE("CommandLine: of an option given twice the last counts, and all are kept in order") {
  const auto parsed = parse({"--socket", "/a", "eth_call", "--socket=/b"});

  REQUIRE(parsed.ok());
  CHECK(parsed.value().value_or("--socket", "") == "/b");
  CHECK(parsed.value().all_values.at("--socket") == std::vector<std::string>{"/a", "/b"});
  CHECK_FALSE(parsed.value().all_values.contains("--raw"));
}

TEST_CASE("CommandLine: --name=VALUE is the same, and -- ends the options") {
  const auto parsed = parse({"--socket=/a=b", "--", "--raw"});

  REQUIRE(parsed.ok());
  CHECK(parsed.value().value_or("--socket", "") == "/a=b");
  CHECK_FALSE(parsed.value().has("--raw"));
  CHECK(parsed.value().positional == std::vector<std::string>{"--raw"});
}

TEST_CASE("CommandLine: each mistake is named, with what was probably meant") {
  struct Row {
    std::vector<const char*> words;
    std::string part;
  };
  for (const Row& row : std::vector<Row>{{{"m", "--sokcet", "x"}, "did you mean --socket?"},
                                         {{"m", "--nothing"}, "unknown option --nothing"},
                                         {{"m", "--socket"}, "--socket needs a value (PATH)"},
                                         {{"m", "--raw=1"}, "--raw takes no value"},
                                         {{}, "expected METHOD [PARAMS]"},
                                         {{"a", "b", "c"}, "unexpected argument c"}}) {
    CAPTURE(row.part);
    const auto parsed = parse(row.words);

    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().detail.find(row.part) != std::string::npos);
  }
}

TEST_CASE("CommandLine: every command has help and is completed") {
  const std::string completion = bash_completion(all_commands());
  const std::string program = program_help(all_commands());
  for (const Command& command : all_commands()) {
    CAPTURE(command.name);
    const std::string help = command_help(command);

    CHECK(help.starts_with("Usage: rpc-sidecar " + std::string(command.name)));
    CHECK(program.find("  " + std::string(command.name)) != std::string::npos);
    CHECK(completion.find("    " + std::string(command.name) + ")") != std::string::npos);
    for (const OptionRow& option : command.options) {
      CHECK(help.find(option.name) != std::string::npos);
      CHECK(completion.find(option.name) != std::string::npos);
    }
  }
}

}  // namespace sidecar::testing

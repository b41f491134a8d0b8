#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "app/commands.h"
#include "config/quantity.h"
#include "mock/mock_provider.h"
#include "net/signals.h"

namespace sidecar {

namespace {

constexpr std::array<OptionRow, 7> kOptions{
    OptionRow{"--family", "evm|svm", "an Ethereum-like or a Solana node; default evm"},
    OptionRow{"--listen", "HOST:PORT", "where to serve HTTP; port 0 = any; default 127.0.0.1:0"},
    OptionRow{"--seed", "NUMBER", "of the chain, of latencies and failures; default 1"},
    OptionRow{"--chain-id", "NUMBER", "evm only; default 1"},
    OptionRow{"--block-time", "DURATION", "of a block or slot; default 12s for evm, 400ms for svm"},
    OptionRow{"--latency", "MIN-MAX", "added to each answer, such as 1ms-5ms; default none"},
    OptionRow{"--failure-rate", "SHARE", "of requests that fail, 0 to 1; default 0"},
};

int fail_option(std::string_view name, const std::string& value, std::string_view right) {
  std::fprintf(stderr, "rpc-sidecar: %s: \"%s\" is not %s\n", std::string(name).c_str(),
               value.c_str(), std::string(right).c_str());
  return kExitUsage;
}

template <class Number>
std::optional<Number> parse_number(const std::string& text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end && !text.empty() ? std::optional<Number>(number)
                                                              : std::nullopt;
}

/// `5ms` or `1ms-5ms`.
bool read_latency(const std::string& text, MockOptions& options) {
  const size_t dash = text.find('-');
  const auto low = parse_duration(text.substr(0, dash));
  const auto high = dash == std::string::npos ? low : parse_duration(text.substr(dash + 1));
  options.latency_min = low.value_or(Millis(0));
  options.latency_max = high.value_or(Millis(0));
  return low && high && *low <= *high;
}

/// kExitOk, or what read_options complained with.
int read_options(const Arguments& arguments, MockOptions& options) {
  const std::string family = arguments.value_or("--family", "evm");
  if (family != "evm" && family != "svm") {
    return fail_option("--family", family, "evm or svm");
  }
  options.family = family == "evm" ? MockFamily::kEvm : MockFamily::kSvm;
  const std::string listen = arguments.value_or("--listen", "127.0.0.1:0");
  const size_t colon = listen.rfind(':');
  const auto port =
      colon == std::string::npos ? std::nullopt : parse_number<uint16_t>(listen.substr(colon + 1));
  if (!port) {
    return fail_option("--listen", listen, "host:port, such as 127.0.0.1:0");
  }
  options.host = listen.substr(0, colon);
  options.port = *port;
  const std::string seed = arguments.value_or("--seed", "1");
  const auto seed_number = parse_number<uint64_t>(seed);
  if (!seed_number) {
    return fail_option("--seed", seed, "a number");
  }
  options.seed = *seed_number;
  const std::string chain_id = arguments.value_or("--chain-id", "1");
  const auto chain_number = parse_number<uint64_t>(chain_id);
  if (!chain_number) {
    return fail_option("--chain-id", chain_id, "a number");
  }
  options.chain_id = *chain_number;
  if (arguments.has("--block-time")) {
    const std::string text = arguments.options.at("--block-time");
    options.block_time = parse_duration(text);
    if (!options.block_time) {
      return fail_option("--block-time", text, "a duration, such as 400ms or 12s");
    }
  }
  const std::string latency = arguments.value_or("--latency", "0ms");
  if (!read_latency(latency, options)) {
    return fail_option("--latency", latency, "a duration or a range, such as 5ms or 1ms-5ms");
  }
  const std::string rate = arguments.value_or("--failure-rate", "0");
  const auto share = parse_number<double>(rate);
  if (!share || *share < 0 || *share > 1) {
    return fail_option("--failure-rate", rate, "a share from 0 to 1");
  }
  options.failure_rate = *share;
  return kExitOk;
}

int mock(const Arguments& arguments) {
  MockOptions options;
  if (const int code = read_options(arguments, options); code != kExitOk) {
    return code;
  }
  auto loop = Loop::create();
  if (!loop.ok()) {
    std::fprintf(stderr, "rpc-sidecar: %s\n", loop.error().detail.c_str());
    return kExitFailed;
  }
  Loop& turns = *loop.value();
  auto created = MockProvider::create(turns, options);
  if (!created.ok()) {
    std::fprintf(stderr, "rpc-sidecar: %s\n", created.error().detail.c_str());
    return created.error().code == Errc::kInvalid ? kExitUsage : kExitFailed;
  }
  std::unique_ptr<MockProvider> provider = std::move(created).value();
  bool is_closing = false;
  Signals signals(turns, {SIGTERM, SIGINT}, [&](int) {
    if (!std::exchange(is_closing, true)) {
      provider->close([&]() { turns.post([&]() { provider.reset(); }); });
    }
  });
  std::printf("listening http=%s:%u\n", options.host.c_str(), unsigned{provider->port()});
  std::fflush(stdout);
  turns.run();
  return kExitOk;
}

}  // namespace

const Command kMockCommand{
    .name = "mock",
    .positional = "",
    .sentence = "serve a made-up Ethereum or Solana provider, for trials and tests",
    .options = kOptions,
    .notes =
        "Prints one line when it serves: listening http=HOST:PORT. GET /stats tells what it\n"
        "was asked. Beside the chain's methods it has some for tests: mock_echo, mock_blob\n"
        "[BYTES], mock_sleep [MS], mock_error [CODE,MESSAGE,DATA], mock_raw [STATUS,BODY].",
    .run = mock};

}  // namespace sidecar

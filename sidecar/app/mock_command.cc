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

constexpr std::array<OptionRow, 13> kOptions{
    OptionRow{"--family", "evm|svm", "an Ethereum-like or a Solana node; default evm"},
    OptionRow{"--listen", "HOST:PORT",
              "where to serve HTTP and WebSocket; port 0 = any; default 127.0.0.1:0"},
    OptionRow{"--ws-port", "PORT", "serve there too, 0 = any; Solana's clients want the next one"},
    OptionRow{"--seed", "NUMBER", "of the chain, of latencies and failures; default 1"},
    OptionRow{"--chain-id", "NUMBER", "evm only; default 1"},
    OptionRow{"--block-time", "DURATION", "of a block or slot; default 12s for evm, 400ms for svm"},
    OptionRow{"--head", "NUMBER", "the newest block or slot at the start; default by the clock"},
    OptionRow{"--genesis", "UNIX_MS", "when block or slot 0 was made; default the same for all"},
    OptionRow{"--manual-blocks", "", "blocks or slots come on command only; see below"},
    OptionRow{"--latency", "MIN-MAX", "added to each answer, such as 1ms-5ms; default none"},
    OptionRow{"--failure-rate", "SHARE", "of requests that fail, 0 to 1; default 0"},
    OptionRow{"--fault", "JSON", "switched on from the start, one or a list; may come again"},
    OptionRow{"--control-port", "PORT", "serve /control there, 0 = any; default on the same port"},
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

/// The same, for what faults need.
int read_fault_options(const Arguments& arguments, MockOptions& options) {
  if (arguments.has("--head")) {
    const std::string text = arguments.options.at("--head");
    options.head = parse_number<uint64_t>(text);
    if (!options.head) {
      return fail_option("--head", text, "a number");
    }
  }
  if (arguments.has("--genesis")) {
    const std::string text = arguments.options.at("--genesis");
    const auto genesis = parse_number<int64_t>(text);
    if (!genesis) {
      return fail_option("--genesis", text, "milliseconds since 1970");
    }
    options.genesis = Millis(*genesis);
  }
  options.is_manual = arguments.has("--manual-blocks");
  if (arguments.has("--ws-port")) {
    const std::string text = arguments.options.at("--ws-port");
    options.ws_port = parse_number<uint16_t>(text);
    if (!options.ws_port) {
      return fail_option("--ws-port", text, "a port");
    }
  }
  if (arguments.has("--control-port")) {
    const std::string text = arguments.options.at("--control-port");
    options.control_port = parse_number<uint16_t>(text);
    if (!options.control_port) {
      return fail_option("--control-port", text, "a port");
    }
  }
  if (arguments.has("--fault")) {
    options.faults = arguments.all_values.at("--fault");
  }
  return kExitOk;
}

void print_listening(const MockOptions& options, const MockProvider& provider) {
  std::printf("listening http=%s:%u", options.host.c_str(), unsigned{provider.port()});
  if (options.ws_port) {
    std::printf(" ws=%s:%u", options.host.c_str(), unsigned{provider.ws_port()});
  }
  if (options.control_port) {
    std::printf(" control=%s:%u", options.host.c_str(), unsigned{provider.control_port()});
  }
  std::printf("\n");
  std::fflush(stdout);
}

int mock(const Arguments& arguments) {
  MockOptions options;
  if (const int code = read_options(arguments, options); code != kExitOk) {
    return code;
  }
  if (const int code = read_fault_options(arguments, options); code != kExitOk) {
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
  print_listening(options, *provider);
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
        "Prints one line when it serves: listening http=HOST:PORT, and ws= and control=HOST:PORT\n"
        "when those are separate. WebSockets are taken on the same port as HTTP, with the chain's\n"
        "subscriptions. GET /stats tells what it was asked. Beside the chain's methods it has\n"
        "some for tests: mock_echo, mock_blob [BYTES], mock_sleep [MS], mock_error\n"
        "[CODE,MESSAGE,DATA], mock_raw [STATUS,BODY].\n"
        "\n"
        "Faults are switched while it runs: POST /control {\"faults\":[FAULT...]} puts a set in "
        "place\n"
        "of the present one, [] heals all; {\"clear\":[KIND...],\"add\":[FAULT...]} changes it; "
        "GET\n"
        "tells it. A fault is an object; each but refuse takes \"rate\" (a share, 0 to 1), "
        "\"methods\"\n"
        "(names, with * and ?) and \"count\" (strikes until it heals by itself):\n"
        "  {\"kind\":\"refuse\"}       connects refused, connections reset; needs --control-port\n"
        "  {\"kind\":\"blackhole\"}    never answered; \"carried_out\": false = nor carried out\n"
        "  {\"kind\":\"latency\",\"min_ms\":5,\"max_ms\":9}\n"
        "  {\"kind\":\"trickle\",\"bytes\":10,\"every_ms\":50}\n"
        "  {\"kind\":\"reset\"}        RST before the answer, or \"after_bytes\" of its body\n"
        "  {\"kind\":\"truncate\"}     FIN after half of the body, or \"after_bytes\"\n"
        "  {\"kind\":\"html\"}         a page; \"status\" 200, \"body\"\n"
        "  {\"kind\":\"http_status\",\"status\":429,\"retry_after\":\"2\",\"body\":\"slow down\"}\n"
        "  {\"kind\":\"garbage\"}      half of the JSON\n"
        "  "
        "{\"kind\":\"rpc_error\",\"code\":-32005,\"message\":\"limit\",\"data\":{},\"status\":200},"
        " or\n"
        "      \"name\", such as alchemy_rate_limit; a wrong name is answered with all there are\n"
        "  {\"kind\":\"wrong_id\"}\n"
        "  {\"kind\":\"lag\",\"blocks\":8}            behind the head\n"
        "  {\"kind\":\"stuck\"}                     the head stays\n"
        "  {\"kind\":\"fork\",\"from\":100}           or \"depth\" below the head; \"branch\" 1\n"
        "  {\"kind\":\"wrong_chain\",\"chain_id\":5}\n"
        "  {\"kind\":\"null_recent\",\"blocks\":2}    null for what is in the newest blocks\n"
        "  {\"kind\":\"syncing\",\"blocks\":150}      eth_syncing, getHealth\n"
        "Of WebSockets; \"methods\" are kinds of feeds, such as newHeads, logs, slot, account:\n"
        "  {\"kind\":\"ws_close\",\"code\":1011,\"after_events\":1}   of one connection\n"
        "  {\"kind\":\"ws_reset\",\"after_events\":1}\n"
        "  {\"kind\":\"ws_refuse\",\"status\":503}      no upgrade\n"
        "  {\"kind\":\"ws_silent\",\"answers\":true}    no events; false = no answers either\n"
        "  {\"kind\":\"missed_heads\",\"every\":3}      every third newHeads or slot\n"
        "  {\"kind\":\"duplicate\"}                  an event comes twice\n"
        "  {\"kind\":\"reorder\",\"how\":\"shuffle\"}    within a block; \"swap\" = with the next\n"
        "  {\"kind\":\"late_subscribe\",\"ms\":50,\"events_first\":true}\n"
        "  {\"kind\":\"subscription_limit\",\"limit\":5}  of one connection; then -32005\n"
        "  {\"kind\":\"ws_unsupported\"}             -32601\n"
        "Actions, one in a POST /control and nothing else:\n"
        "  {\"mine\":{\"count\":1}}                   with --manual-blocks\n"
        "  {\"reorg\":{\"at\":100,\"salt\":1}}         or \"depth\" below the head; evm only. "
        "Mocks "
        "of\n"
        "      one seed that get the same ones in the same order have the same chain\n"
        "  {\"close_sockets\":{\"code\":1011}}        or \"reset\": true",
    .run = mock};

}  // namespace sidecar

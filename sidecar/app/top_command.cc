#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>

#include "app/commands.h"
#include "app/socket_client.h"
#include "app/top_screen.h"
#include "app/top_view.h"
#include "config/quantity.h"
#include "rpc/json_text.h"

namespace sidecar {

namespace {

constexpr std::array<OptionRow, 6> kOptions{
    kSocketOption,
    OptionRow{"--chain", "NAME", "only this chain; default all"},
    kTimeoutOption,
    OptionRow{"--interval", "DURATION", "between two looks, 100ms or more; default 1s"},
    OptionRow{"--sort", "NAME", "tier (default), name, rate, errors, p95 or lag"},
    OptionRow{"--count", "N", "end after so many looks; default: never"},
};

constexpr std::string_view kFooter =
    " q quit   sort: t tier  n name  r rate  e errors  l p95  g lag   space: stand still ";
constexpr Millis kIntervalMin{100};

struct Wishes {
  Millis interval{1'000};
  uint64_t count_max = 0;  ///< 0: none
  TopOptions view;
};

Result<Wishes> wishes_of(const Arguments& arguments) {
  Wishes wishes;
  wishes.view.chain = arguments.value_or("--chain", "");
  if (arguments.has("--interval")) {
    const std::string text = arguments.value_or("--interval", "");
    const auto interval = parse_duration(text);
    if (!interval || *interval < kIntervalMin) {
      return Error{Errc::kInvalid, "--interval: \"" + text + "\" is no duration from 100ms on"};
    }
    wishes.interval = *interval;
  }
  if (arguments.has("--count")) {
    const std::string text = arguments.value_or("--count", "");
    const auto count = to_uint64(text);
    if (!count || *count == 0) {
      return Error{Errc::kInvalid, "--count: \"" + text + "\" is no number from 1 on"};
    }
    wishes.count_max = *count;
  }
  const std::string sort = arguments.value_or("--sort", "tier");
  const auto known = top_sort_of(sort);
  if (!known) {
    return Error{Errc::kInvalid,
                 "--sort: \"" + sort + "\" is none of tier, name, rate, errors, p95, lag"};
  }
  wishes.view.sort = *known;
  return wishes;
}

/// The sidecar's state now. Errors: as ask_sidecar, and kSystem for an answer that is none.
Result<JsonValue> look(const Arguments& arguments) {
  Arguments for_all = arguments;
  for_all.options.erase("--chain");  // it is no call of a chain's
  const auto asked = ask_sidecar(for_all, {.method = "sidecar_status", .params = ""});
  if (!asked.ok()) {
    return asked.error();
  }
  auto parsed = JsonValue::parse(asked.value().bytes);
  if (asked.value().is_error || !parsed) {
    return Error{Errc::kSystem, asked.value().bytes};
  }
  return std::move(*parsed);
}

/// What a key asks for. False: to leave.
bool obey(int key, TopOptions& view, bool& is_still) {
  constexpr std::array<std::pair<int, TopSort>, 6> kKeys{{{'t', TopSort::kTier},
                                                          {'n', TopSort::kName},
                                                          {'r', TopSort::kRate},
                                                          {'e', TopSort::kErrors},
                                                          {'l', TopSort::kLatency},
                                                          {'g', TopSort::kLag}}};
  for (const auto& [letter, sort] : kKeys) {
    view.sort = key == letter ? sort : view.sort;
  }
  is_still = key == ' ' ? !is_still : is_still;
  return key != 'q' && key != 'Q';
}

int show(const Arguments& arguments, Wishes wishes, TopScreen& screen) {
  std::string fault;
  JsonValue status;
  bool is_still = false;
  wishes.view.is_coloured = true;
  for (uint64_t turn = 0; wishes.count_max == 0 || turn < wishes.count_max; ++turn) {
    if (!is_still) {
      auto seen = look(arguments);
      fault = seen.ok() ? "" : seen.error().detail + " (trying again)\n\n";
      status = seen.ok() ? std::move(seen).value() : std::move(status);
    }
    screen.draw(fault + (status.is_object() ? top_text(status, wishes.view) : ""), kFooter);
    if (!obey(screen.wait_key(wishes.interval), wishes.view, is_still)) {
      break;
    }
  }
  return kExitOk;
}

/// For a pipe: one text after the other, an empty line between them.
int print(const Arguments& arguments, const Wishes& wishes) {
  for (uint64_t turn = 0; wishes.count_max == 0 || turn < wishes.count_max; ++turn) {
    if (turn > 0) {
      std::this_thread::sleep_for(wishes.interval);
      std::fputs("\n", stdout);
    }
    const auto seen = look(arguments);
    if (!seen.ok()) {
      return fail(seen.error());
    }
    std::fputs(top_text(seen.value(), wishes.view).c_str(), stdout);
    if (std::fflush(stdout) != 0) {
      return kExitOk;  // nobody reads any more
    }
  }
  return kExitOk;
}

int top(const Arguments& arguments) {
  const auto wishes = wishes_of(arguments);
  if (!wishes.ok()) {
    return fail(wishes.error());
  }
  const auto first = look(arguments);  // before the screen is taken: its fault is to be read
  if (!first.ok()) {
    return fail(first.error());
  }
  const auto& chains = first.value()["chains"].items();
  const std::string& chain = wishes.value().view.chain;
  const bool is_known =
      chain.empty() || std::any_of(chains.begin(), chains.end(), [&chain](const JsonValue& each) {
        return each["name"].as_string() == chain;
      });
  if (!is_known) {
    return fail({Errc::kInvalid, "--chain: the sidecar has no chain named " + chain});
  }
  const auto screen = TopScreen::open();
  return screen ? show(arguments, wishes.value(), *screen) : print(arguments, wishes.value());
}

}  // namespace

const Command kTopCommand{
    .name = "top",
    .positional = "",
    .sentence = "watch a running sidecar: tiers, providers, feeds and what happened of late",
    .options = kOptions,
    .notes =
        "Keys: q quits; t, n, r, e, l, g sort; space stands still. In a pipe it prints one\n"
        "text after the other. Rates are of the last minute, latencies of light reads.",
    .run = top};

}  // namespace sidecar

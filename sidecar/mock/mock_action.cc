#include "mock/mock_action.h"

#include <algorithm>
#include <array>
#include <string>

#include "rpc/json_value.h"

namespace sidecar {

namespace {

using Kind = MockAction::Kind;

struct ActionName {
  std::string_view name;
  Kind kind;
  std::string_view keys;
};
constexpr std::array<ActionName, 3> kNames{{{"mine", Kind::kMine, "count"},
                                            {"reorg", Kind::kReorg, "at or depth, salt"},
                                            {"close_sockets", Kind::kCloseSockets, "code, reset"}}};

constexpr uint64_t kBlocksMax = 1'000'000'000;

Error invalid(std::string detail) {
  return Error{Errc::kInvalid, std::move(detail)};
}

/// False for a number out of its range.
bool read_number(const JsonValue& value, uint64_t min, uint64_t max, uint64_t& number) {
  number = value.is_null() ? number : value.as_uint64().value_or(UINT64_MAX);
  return number >= min && number <= max;
}

Result<MockAction> read_action(const ActionName& name, const JsonValue& value) {
  MockAction action;
  action.kind = name.kind;
  const auto wrong = [&name](std::string_view key) {
    return invalid(std::string(name.name) + "." + std::string(key) + ": out of range; it takes " +
                   std::string(name.keys));
  };
  for (const auto& [key, ignored] : value.members()) {
    if (name.keys.find(key) == std::string_view::npos) {
      return wrong(key);
    }
  }
  uint64_t at = 1;
  uint64_t code = 1011;
  switch (name.kind) {
    case Kind::kMine:
      return read_number(value["count"], 1, MockAction::kCountMax, action.count)
                 ? Result<MockAction>(action)
                 : wrong("count");
    case Kind::kReorg:
      if (!read_number(value["at"], 1, kBlocksMax, at) || (value.has("at") && value.has("depth"))) {
        return wrong("at");
      }
      if (!read_number(value["depth"], 1, kBlocksMax, action.depth)) {
        return wrong("depth");
      }
      if (!read_number(value["salt"], 0, UINT32_MAX, action.salt)) {
        return wrong("salt");
      }
      action.at = value.has("at") ? std::optional(at) : std::nullopt;
      return action;
    case Kind::kCloseSockets:
      if (!read_number(value["code"], 1'000, 4'999, code)) {
        return wrong("code");
      }
      if (!value["reset"].as_bool().value_or(false)) {
        action.code = static_cast<uint16_t>(code);
      }
      return action;
  }
  return action;
}

}  // namespace

Result<std::optional<MockAction>> parse_mock_action(std::string_view text) {
  const auto control = JsonValue::parse(text);
  if (!control) {
    return std::optional<MockAction>();
  }
  for (const ActionName& each : kNames) {
    if (!control->has(each.name)) {
      continue;
    }
    if (control->size() > 1 || !(*control)[each.name].is_object()) {
      return invalid(std::string(each.name) + ": an action is an object, and goes alone");
    }
    auto action = read_action(each, (*control)[each.name]);
    if (!action.ok()) {
      return action.error();
    }
    return std::optional(std::move(action).value());
  }
  return std::optional<MockAction>();
}

}  // namespace sidecar

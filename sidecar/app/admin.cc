#include "app/admin.h"

#include <algorithm>
#include <array>
#include <string>

#include "app/status_report.h"
#include "base/log.h"
#include "rpc/json_value.h"
#include "rpc/json_writer.h"
#include "rpc/rpc_error.h"

namespace sidecar {

namespace {

constexpr size_t kParamsBytesMax = 4'096;

/// A result as JSON. Errors: kInvalid, with what is wrong with the params.
using Answered = Result<std::string>;

struct AdminRow {
  std::string_view method;
  bool is_for_all;
  Answered (*run)(Admin::House& house, const JsonValue& params);
};

/// Of `[a, b]` and `{"name": a, ...}` alike.
Result<std::string> text_param(const JsonValue& params, size_t index, std::string_view name) {
  const auto text = (params.is_array() ? params.at(index) : params[name]).as_string();
  if (!text || text->empty()) {
    return Error{Errc::kInvalid, "params need a string for " + std::string(name)};
  }
  return std::string(*text);
}

struct ProviderParam {
  Pool* pool = nullptr;
  std::string provider;
};

Result<ProviderParam> provider_param(Admin::House& house, const JsonValue& params) {
  const auto chain = text_param(params, 0, "chain");
  if (!chain.ok()) {
    return chain.error();
  }
  const auto provider = text_param(params, 1, "provider");
  if (!provider.ok()) {
    return provider.error();
  }
  const auto pool = std::find_if(house.pools.begin(), house.pools.end(), [&chain](const auto& one) {
    return one->chain().name == chain.value();
  });
  if (pool == house.pools.end()) {
    return Error{Errc::kInvalid, "there is no chain of that name"};
  }
  if (!(*pool)->has_provider(provider.value())) {
    return Error{Errc::kInvalid, "chain " + chain.value() + " has no provider of that name"};
  }
  return ProviderParam{pool->get(), provider.value()};
}

std::string told(const ProviderParam& of, std::string_view key, std::string_view state) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("chain").string(of.pool->chain().name);
  json.key("provider").string(of.provider).key(key).string(state).end_object();
  return text;
}

Answered set_drained(Admin::House& house, const JsonValue& params, bool is_drained) {
  const auto of = provider_param(house, params);
  if (!of.ok()) {
    return of.error();
  }
  of.value().pool->set_drained(of.value().provider, is_drained);
  log::warn(is_drained ? "provider_drained" : "provider_undrained",
            log::kv("chain", of.value().pool->chain().name),
            log::kv("provider", of.value().provider));
  return told(of.value(), "state", is_drained ? "drained" : "in_use");
}

Answered reset_breaker(Admin::House& house, const JsonValue& params) {
  const auto of = provider_param(house, params);
  if (!of.ok()) {
    return of.error();
  }
  of.value().pool->reset_breakers(of.value().provider);
  return told(of.value(), "breaker", "closed");
}

Answered set_log_level(Admin::House&, const JsonValue& params) {
  const auto level = text_param(params, 0, "level");
  if (!level.ok()) {
    return level.error();
  }
  if (auto set = log::set_level(level.value()); !set.ok()) {
    return Error{Errc::kInvalid, set.error().detail};
  }
  log::warn("log_level", log::kv("level", level.value()));
  return "{\"level\":\"" + level.value() + "\"}";
}

constexpr std::array<AdminRow, 5> kRows{{
    {"sidecar_status", true,
     [](Admin::House& house, const JsonValue&) { return Answered(house.status.json()); }},
    {"sidecar_drainProvider", false,
     [](Admin::House& house, const JsonValue& params) { return set_drained(house, params, true); }},
    {"sidecar_undrainProvider", false,
     [](Admin::House& house, const JsonValue& params) {
       return set_drained(house, params, false);
     }},
    {"sidecar_resetBreaker", false, reset_breaker},
    {"sidecar_setLogLevel", false, set_log_level},
}};

const AdminRow* find_row(std::string_view method) {
  const auto found = std::find_if(kRows.begin(), kRows.end(),
                                  [method](const AdminRow& row) { return row.method == method; });
  return found == kRows.end() ? nullptr : &*found;
}

Answered answer(Admin::House& house, const AdminRow& row, std::string_view params) {
  const auto parsed = JsonValue::parse(params.empty() ? "[]" : params);
  if (params.size() > kParamsBytesMax || !parsed) {
    return Error{Errc::kInvalid, "params are too long, or no JSON"};
  }
  return row.run(house, *parsed);
}

}  // namespace

bool Admin::is_for_all(std::string_view method) {
  const AdminRow* row = find_row(method);
  return row != nullptr && row->is_for_all;
}

CallId Admin::submit(const Request& request) {
  if (!request.method.starts_with("sidecar_")) {
    return calls_.submit(request);
  }
  const AdminRow* row = find_row(request.method);
  const auto answered = row != nullptr
                            ? answer(house_, *row, request.params)
                            : Answered(Error{Errc::kNotFound, "the sidecar has no such method"});
  if (answered.ok()) {
    downstream_.on_reply(request.session, request.token, {Reply::Kind::kResult, answered.value()});
    return 0;
  }
  std::string error;
  write_error_object(error, {.name = ErrorName::kBadRequest,
                             .message = answered.error().detail,
                             .code = row != nullptr ? kInvalidParamsCode : kMethodNotFoundCode});
  downstream_.on_reply(request.session, request.token, {Reply::Kind::kError, error});
  return 0;
}

}  // namespace sidecar

#include "app/rest.h"

#include <algorithm>

#include "app/block_question.h"
#include "app/rest_error.h"
#include "app/status_page.h"
#include "rpc/json_writer.h"

namespace sidecar {

namespace {

constexpr std::string_view kChains = "/v1/chains";
constexpr std::string_view kEvents = "/events";

Document error_document(int status, std::string_view message) {
  const std::string_view name = status == 404   ? "NOT_FOUND"
                                : status == 400 ? "BAD_REQUEST"
                                                : "OVERLOADED";
  return {.status = status,
          .body = rest_error_json({status, std::string(name), std::string(message)})};
}

void send(ViewId id, ViewOut& out, const Document& document) {
  const std::string more = std::string(kDocumentHeaders) + document.more;
  out.reply(id, {document.status, document.content_type, more}, document.body);
}

void fail(ViewId id, ViewOut& out, int status, std::string_view message) {
  send(id, out, error_document(status, message));
}

/// The part up to the next slash, which goes too.
std::string_view take_part(std::string_view& path) {
  const size_t slash = std::min(path.find('/'), path.size());
  const std::string_view part = path.substr(0, slash);
  path.remove_prefix(std::min(slash + 1, path.size()));
  return part;
}

}  // namespace

std::string_view query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (pair.substr(0, pair.find('=')) == name) {
      return pair.substr(std::min(name.size() + 1, pair.size()));
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

Rest::Rest(House house)
    : house_(std::move(house)),
      burial_(house_.timers.make_timer([this]() { bury(); })),
      live_(house_.timers, house_.status, house_.on_limit) {
  add("/status", [this](std::string_view) { return Document{.body = house_.status() + "\n"}; });
  add("/health", [this](std::string_view query) {
    const std::string_view chain = query_value(query, "chain");
    if (!chain.empty() && find_chain(chain) == nullptr) {
      return error_document(404, "no such chain; /v1/chains lists them");
    }
    const HealthReport report = house_.health(chain);
    return Document{.status = report.is_serving ? 200 : 503, .body = report.json};
  });
  add(std::string(kChains), [this](std::string_view) { return chains(); });
}

bool Rest::is_view(std::string_view path) const {
  return documents_.find(path) != documents_.end() || views_.find(path) != views_.end() ||
         path == kEvents || path.starts_with(std::string(kChains) + "/");
}

void Rest::open(ViewId id, const ViewRequest& request, ViewOut& out) {
  if (const auto found = documents_.find(request.path); found != documents_.end()) {
    send(id, out, found->second(request.query));
    return;
  }
  if (const auto found = views_.find(request.path); found != views_.end()) {
    found->second->open(id, request, out);
    return;
  }
  if (request.path == kEvents) {
    open_events(id, request, out);
    return;
  }
  std::string_view rest = request.path;
  if (rest.starts_with(kChains) && rest.substr(kChains.size()).starts_with('/')) {
    open_chain(id, request, out);
    return;
  }
  open_root(id, request, out);
}

void Rest::open_root(ViewId id, const ViewRequest& request, ViewOut& out) {
  const bool is_root = request.path.empty() || request.path == "/";
  if (is_root && request.accept.find("text/html") != std::string_view::npos) {
    StatusPage page = status_page(new_nonce());
    send(id, out,
         {.content_type = "text/html; charset=utf-8",
          .body = std::move(page.html),
          .more = std::move(page.headers)});
  } else if (is_root || find_chain(request.path.substr(1)) != nullptr) {
    send(id, out, {.body = house_.hello()});
  } else {
    fail(id, out, 404, "there is nothing at this path; see /v1/chains, /status and /health");
  }
}

void Rest::open_events(ViewId id, const ViewRequest& request, ViewOut& out) {
  if (request.is_head_only) {
    send(id, out, {.content_type = "text/event-stream; charset=utf-8", .body = ""});
  } else if (!live_.add(id, out)) {
    fail(id, out, 503, "too many watch the status already; /status gives it once");
  }
}

/// /v1/chains/{chain}/status, /v1/chains/{chain}/blocks/{number | latest}
void Rest::open_chain(ViewId id, const ViewRequest& request, ViewOut& out) {
  std::string_view rest = request.path.substr(kChains.size() + 1);
  const std::string_view name = take_part(rest);
  const ChainInfo* chain = find_chain(name);
  if (chain == nullptr) {
    fail(id, out, 404, "no such chain; /v1/chains lists them");
    return;
  }
  const std::string_view topic = take_part(rest);
  if (topic == "status" && rest.empty()) {
    send(id, out, {.body = house_.chain_status(chain->number) + "\n"});
  } else if (topic == "blocks" && !rest.empty() && rest.find('/') == std::string_view::npos) {
    ask_block(id, request, *chain, rest, out);
  } else {
    fail(id, out, 404, "of a chain there are status, blocks/latest and blocks/{number}");
  }
}

void Rest::ask_block(ViewId id, const ViewRequest& request, const ChainInfo& chain,
                     std::string_view which, ViewOut& out) {
  const auto number = parse_block_number(which);
  if (!number && which != "latest") {
    fail(id, out, 400, "a block is named by its number, decimal or 0x..., or latest");
    return;
  }
  BlockQuestion::Wish wish{chain, number, query_value(request.query, "full") == "true"};
  auto owned =
      std::make_unique<BlockQuestion>(house_.calls, house_.access, BlockQuestion::Asker{id, out},
                                      std::move(wish), [this, id]() { end(id); });
  BlockQuestion& question = *owned;
  question.set_visitor(request.visitor);
  const SessionId session = house_.sessions.add(std::move(owned));
  questions_.emplace(id, session);
  question.ask(session);
}

void Rest::end(ViewId id) {
  const auto found = questions_.find(id);
  over_.push_back(found->second);
  questions_.erase(found);
  burial_->arm(house_.timers.now());
}

void Rest::bury() {
  for (const SessionId session : std::exchange(over_, {})) {
    house_.sessions.remove(session);
  }
}

void Rest::on_gone(ViewId id) {
  live_.remove(id);
  for (const auto& [path, view] : views_) {
    view->on_gone(id);
  }
  const auto found = questions_.find(id);
  if (found != questions_.end()) {
    static_cast<BlockQuestion*>(house_.sessions.find(found->second))->on_gone();
  }
}

Document Rest::chains() const {
  Document document;
  JsonWriter json(document.body);
  json.begin_object().key("chains").begin_array();
  for (const ChainInfo& chain : house_.chains) {
    json.begin_object().key("name").string(chain.name);
    json.key("family").string(chain.family == Family::kEvm ? "evm" : "svm");
    if (chain.chain_id != 0) {
      json.key("chain_id").number(chain.chain_id);
    }
    const std::string base = std::string(kChains) + "/" + chain.name;
    json.key("rpc").string("/" + chain.name);
    json.key("status").string(base + "/status");
    json.key("latest_block").string(base + "/blocks/latest").end_object();
  }
  json.end_array().end_object();
  document.body += '\n';
  return document;
}

const ChainInfo* Rest::find_chain(std::string_view name) const {
  const auto found = std::find_if(house_.chains.begin(), house_.chains.end(),
                                  [name](const ChainInfo& chain) { return chain.name == name; });
  return found == house_.chains.end() ? nullptr : &*found;
}

}  // namespace sidecar

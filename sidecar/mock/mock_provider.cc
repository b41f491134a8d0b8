#include "mock/mock_provider.h"

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "rpc/byte_text.h"

namespace sidecar {

namespace {

constexpr uint32_t kBacklog = 1'024;
constexpr Millis kBlockTimeMax{60 * 60 * 1'000};
constexpr uint64_t kHeadMax = 1'000'000'000;
constexpr Millis kLatencyMax{10 * 60 * 1'000};
// Block 0 of every mock that is not told its head: 14 November 2023.
constexpr Millis kGenesis{1'700'000'000'000};

Millis unix_time() {
  return std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch());
}

Millis since_start(Instant now) {
  return std::chrono::duration_cast<Millis>(now.time_since_epoch());
}

Millis block_time_of(const MockOptions& options) {
  return options.block_time.value_or(options.family == MockFamily::kEvm ? MockNode::kEvmBlockTime
                                                                        : MockNode::kSvmSlotTime);
}

Millis genesis_of(const MockOptions& options) {
  if (!options.head || options.is_manual) {
    return options.genesis.value_or(kGenesis);
  }
  return unix_time() - block_time_of(options) * static_cast<int64_t>(*options.head);
}

Status check(const MockOptions& options) {
  const auto invalid = [](std::string detail) { return Error{Errc::kInvalid, std::move(detail)}; };
  if (options.block_time &&
      (*options.block_time < Millis(1) || *options.block_time > kBlockTimeMax)) {
    return invalid("block time: from 1ms to 1h");
  }
  if (options.head && *options.head > kHeadMax) {
    return invalid("head: at most 1000000000");
  }
  if (options.genesis && (*options.genesis < Millis(0) || *options.genesis > unix_time())) {
    return invalid("genesis: since the Unix epoch, and not ahead of the clock");
  }
  if (options.genesis && options.head && !options.is_manual) {
    return invalid("genesis: goes with head only when blocks are manual");
  }
  if (options.latency_min < Millis(0) || options.latency_max > kLatencyMax ||
      options.latency_min > options.latency_max) {
    return invalid("latency: from 0ms to 10m, and the least not above the most");
  }
  if (!(options.failure_rate >= 0 && options.failure_rate <= 1)) {
    return invalid("failure rate: from 0 to 1");
  }
  return Done{};
}

ControlAnswer refusal(const Error& error) {
  const bool is_callers = error.code == Errc::kInvalid;
  return {is_callers ? 400 : 500, "text/plain", error.detail + "\n"};
}

}  // namespace

Result<std::unique_ptr<MockProvider>> MockProvider::create(Loop& loop, const MockOptions& options) {
  if (auto checked = check(options); !checked.ok()) {
    return checked.error();
  }
  std::unique_ptr<MockProvider> mock(new MockProvider(loop, options));
  for (const std::string& fault : options.faults) {
    if (auto added = mock->faults_.add(fault, mock->moment()); !added.ok()) {
      return Error{Errc::kInvalid, "fault: " + added.error().detail};
    }
  }
  if (auto started = mock->start_listening(); !started.ok()) {
    return started.error();
  }
  if (auto started = mock->start_control(); !started.ok()) {
    return started.error();
  }
  HttpServerOptions server_options;
  server_options.output_bytes_max = kOutputBytesMax;
  server_options.ws_output_bytes_max = kOutputBytesMax;
  server_options.ws_output_mark_bytes = kOutputBytesMax / 2;
  auto server = HttpServer::create(loop, server_options, *mock);
  if (!server.ok()) {
    return server.error();
  }
  mock->server_ = std::move(server).value();
  mock->delivery_.set_server(*mock->server_);
  mock->sockets_.set_server(*mock->server_);
  const Status followed = mock->follow_refusal();
  CHECK(followed.ok());  // to refuse needs nothing
  return mock;
}

MockProvider::MockProvider(Loop& loop, const MockOptions& options)
    : loop_(loop),
      options_(options),
      genesis_(genesis_of(options)),
      manual_head_(options.head.value_or(0)),
      unix_offset_(unix_time() - since_start(loop.now())),
      random_(options.seed),
      faults_(options.seed, options.control_port.has_value()),
      calls_(options, genesis_, faults_, stats_),
      delivery_(loop, stats_),
      sockets_({.loop = loop,
                .calls = calls_,
                .faults = faults_,
                .stats = stats_,
                .unix_now = [this] { return unix_now(); },
                .seed = options.seed,
                .is_manual = options.is_manual}) {}

Status MockProvider::start_listening() {
  const auto listen = [this](uint16_t port) {
    return Acceptor::listen_tcp(
        loop_, options_.host, port, kBacklog, [this](int fd) { on_accept(fd); },
        [this] { ++stats_.connections_turned_away; });
  };
  auto acceptor = listen(options_.port);
  if (!acceptor.ok()) {
    return acceptor.error();
  }
  acceptor_ = std::move(acceptor).value();
  port_ = acceptor_->port();
  if (!options_.ws_port) {
    return Done{};
  }
  auto more = listen(*options_.ws_port);
  if (!more.ok()) {
    return more.error();
  }
  ws_acceptor_ = std::move(more).value();
  return Done{};
}

Status MockProvider::start_control() {
  if (!options_.control_port) {
    return Done{};
  }
  auto control =
      MockControl::create(loop_, options_.host, *options_.control_port,
                          [this](bool is_post, std::string_view path, std::string_view body) {
                            return page(is_post, path, body);
                          });
  if (!control.ok()) {
    return control.error();
  }
  control_ = std::move(control).value();
  return Done{};
}

void MockProvider::close(std::function<void()> on_closed) {
  acceptor_.reset();
  ws_acceptor_.reset();
  delivery_.drop_all();
  sockets_.drop_all();
  server_->close([this, on_closed = std::move(on_closed)]() mutable {
    if (control_ == nullptr) {
      on_closed();
    } else {
      control_->close(std::move(on_closed));
    }
  });
}

/// Manual blocks have a time of their own: the one at which the newest was made.
Millis MockProvider::unix_now() const {
  if (options_.is_manual) {
    return genesis_ + block_time_of(options_) * static_cast<int64_t>(manual_head_);
  }
  return since_start(loop_.now()) + unix_offset_;
}

void MockProvider::on_accept(int fd) {
  ++stats_.connections_total;
  if (server_->adopt(fd)) {
    ++stats_.connections_open;
  }
}

HttpVerdict MockProvider::on_http_head(const HttpHead& head) {
  if (head.is_upgrade) {
    return sockets_.verdict();
  }
  if (MockControl::is_page(head) && is_here(head.path)) {
    return {};
  }
  if (head.method == "POST") {
    const bool is_json = head.content_type.starts_with("application/json");
    return is_json ? HttpVerdict{}
                   : HttpVerdict{.status = 415, .reason = "Content-Type: application/json\n"};
  }
  if (head.method != "GET" && head.method != "HEAD") {
    return {.status = 405, .reason = "POST JSON-RPC, or GET /stats\n"};
  }
  return {.status = 404, .reason = "GET /stats or /health; JSON-RPC is POSTed\n"};
}

/// Control is on a port of its own when it has one; the pages that only tell are on both.
bool MockProvider::is_here(std::string_view path) const {
  return control_ == nullptr || path != "/control";
}

void MockProvider::on_http_request(HttpExchangeId id, uint64_t, bool is_post, std::string_view path,
                                   std::string_view body) {
  if (MockControl::is_page(is_post, path) && is_here(path)) {
    ControlAnswer answer = page(is_post, path, body);
    server_->reply(id, answer.status, answer.content_type, std::move(answer.body));
  } else {
    on_post(id, body);
  }
}

ControlAnswer MockProvider::page(bool is_post, std::string_view path, std::string_view body) {
  if (path == "/health") {
    return {200, "text/plain", "ok"};
  }
  if (path == "/stats") {
    return {.body = stats_json()};
  }
  if (is_post) {
    const auto action = parse_mock_action(body);
    if (action.ok() && action.value()) {
      auto done = act(*action.value());
      return done.ok() ? ControlAnswer{.body = done.value() + "\n"} : refusal(done.error());
    }
    if (!action.ok()) {
      return refusal(action.error());
    }
    auto applied = faults_.apply(body, moment());
    if (applied.ok()) {
      applied = follow_refusal();
      sockets_.step();  // as a node on another branch, or one that syncs
    }
    if (!applied.ok()) {
      return refusal(applied.error());
    }
  }
  return {.body = faults_.json()};
}

Result<std::string> MockProvider::act(const MockAction& action) {
  std::string more;
  switch (action.kind) {
    case MockAction::Kind::kMine:
      if (!options_.is_manual) {
        return Error{Errc::kInvalid, "mine: needs --manual-blocks"};
      }
      mine(action.count);
      break;
    case MockAction::Kind::kReorg: {
      const uint64_t head = calls_.head(unix_now());
      const uint64_t at = action.at.value_or(head + 1 - std::min(head, action.depth));
      if (auto done = sockets_.reorganise(at, action.salt); !done.ok()) {
        return done.error();
      }
      more = ",\"at\":" + std::to_string(at);
      break;
    }
    case MockAction::Kind::kCloseSockets:
      more = ",\"sockets\":" + std::to_string(sockets_.end_all(action.code));
      break;
  }
  return "{\"head\":" + std::to_string(calls_.head(unix_now())) + more + "}";
}

/// One by one, so that each is told at its own time.
void MockProvider::mine(uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    ++manual_head_;
    sockets_.step();
  }
}

MockMoment MockProvider::moment() const {
  return {unix_now(), calls_.head(unix_now())};
}

/// Stops or starts listening, as the faults will have it.
Status MockProvider::follow_refusal() {
  if (faults_.is_refusing() == is_refusing_) {
    return Done{};
  }
  for (Acceptor* acceptor : {acceptor_.get(), ws_acceptor_.get()}) {
    if (acceptor == nullptr) {
      continue;
    }
    if (!is_refusing_) {
      acceptor->refuse();
    } else if (auto resumed = acceptor->resume(); !resumed.ok()) {
      return resumed;
    }
  }
  if (!is_refusing_) {
    server_->reset_connections();
    sockets_.end_all(std::nullopt);
  }
  is_refusing_ = !is_refusing_;
  return Done{};
}

void MockProvider::on_post(HttpExchangeId id, std::string_view body) {
  ++stats_.requests;
  const AnswerFaults faults =
      faults_.is_empty() ? AnswerFaults() : faults_.draw_answer(MockCalls::methods_in(body));
  MockAnswer answer = faults.is_carried_out ? answer_to(body) : answer_in_place_of(body, faults);
  const Millis wait = draw_latency() + answer.wait + faults.wait;
  delivery_.begin(id, std::move(answer), faults, wait);
  sockets_.step();  // what was sent is pending from now on
}

MockAnswer MockProvider::answer_to(std::string_view body) {
  MockAnswer answer;
  switch (draw_fault()) {
    case Fault::kNone:
      return calls_.answer(body, CallsAre::kAnswered, unix_now());
    case Fault::kInternalError:
      ++stats_.failed_with_error;
      return calls_.answer(body, CallsAre::kFailed, unix_now());
    case Fault::k503:
      ++stats_.failed_with_503;
      answer.status = 503;
      answer.content_type = "text/plain";
      answer.body = "injected failure\n";
      break;
    case Fault::kCut:
      ++stats_.failed_with_cut;
      answer.is_cut = true;
      break;
  }
  return answer;
}

/// The calls are counted and not carried out.
MockAnswer MockProvider::answer_in_place_of(std::string_view body, const AnswerFaults& faults) {
  calls_.answer(body, CallsAre::kCounted, unix_now());
  MockAnswer answer;
  if (faults.instead) {
    answer.status = faults.instead->status;
    answer.content_type = faults.instead->content_type;
    answer.body = faults.instead->body;
    if (faults.instead->retry_after) {
      answer.more_headers = "Retry-After: " + *faults.instead->retry_after + "\r\n";
    }
  }
  return answer;
}

MockProvider::Fault MockProvider::draw_fault() {
  if (options_.failure_rate <= 0 || random_.unit() >= options_.failure_rate) {
    return Fault::kNone;
  }
  constexpr Fault kFaults[] = {Fault::k503, Fault::kCut, Fault::kInternalError};
  return kFaults[random_.below(3)];
}

Millis MockProvider::draw_latency() {
  const auto width = static_cast<uint64_t>((options_.latency_max - options_.latency_min).count());
  return options_.latency_min + Millis(width == 0 ? 0 : random_.below(width + 1));
}

std::string MockProvider::stats_json() {
  std::string about;
  const bool is_evm = options_.family == MockFamily::kEvm;
  about += is_evm ? R"("family":"evm",)" : R"("family":"svm",)";
  about += "\"seed\":" + std::to_string(options_.seed) + ",";
  about += "\"head\":" + std::to_string(calls_.head(unix_now())) + ",";
  if (!is_evm) {
    const std::string& program = calls_.node().svm()->accounts().program();
    about += "\"svm_program\":\"" + to_base58(program) + "\",";
  }
  about += "\"faults_injected\":" + faults_.counts_json() + ",";
  return stats_.json(about);
}

}  // namespace sidecar

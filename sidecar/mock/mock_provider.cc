#include "mock/mock_provider.h"

#include <algorithm>
#include <chrono>

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

Millis genesis_of(const MockOptions& options, Millis unix_now) {
  if (!options.head) {
    return kGenesis;
  }
  const Millis block_time = options.block_time.value_or(
      options.family == MockFamily::kEvm ? MockCalls::kEvmBlockTime : MockCalls::kSvmSlotTime);
  return unix_now - block_time * static_cast<int64_t>(*options.head);
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
  if (options.latency_min < Millis(0) || options.latency_max > kLatencyMax ||
      options.latency_min > options.latency_max) {
    return invalid("latency: from 0ms to 10m, and the least not above the most");
  }
  if (!(options.failure_rate >= 0 && options.failure_rate <= 1)) {
    return invalid("failure rate: from 0 to 1");
  }
  return Done{};
}

}  // namespace

Result<std::unique_ptr<MockProvider>> MockProvider::create(Loop& loop, const MockOptions& options) {
  if (auto checked = check(options); !checked.ok()) {
    return checked.error();
  }
  std::unique_ptr<MockProvider> mock(new MockProvider(loop, options));
  MockProvider& self = *mock;
  auto acceptor = Acceptor::listen_tcp(
      loop, options.host, options.port, kBacklog, [&self](int fd) { self.on_accept(fd); },
      [&self] { ++self.stats_.connections_turned_away; });
  if (!acceptor.ok()) {
    return acceptor.error();
  }
  HttpServerOptions server_options;
  server_options.output_bytes_max = kOutputBytesMax;
  auto server = HttpServer::create(loop, server_options, self);
  if (!server.ok()) {
    return server.error();
  }
  mock->acceptor_ = std::move(acceptor).value();
  mock->port_ = mock->acceptor_->port();
  mock->server_ = std::move(server).value();
  return mock;
}

MockProvider::MockProvider(Loop& loop, const MockOptions& options)
    : loop_(loop),
      options_(options),
      unix_offset_(unix_time() - since_start(loop.now())),
      random_(options.seed),
      calls_(options, genesis_of(options, unix_now()), stats_),
      timer_(loop.make_timer([this] { release_due(); })) {}

void MockProvider::close(std::function<void()> on_closed) {
  acceptor_.reset();
  timer_->cancel();
  held_.clear();
  held_until_.clear();
  blobs_.clear();
  server_->close(std::move(on_closed));
}

Millis MockProvider::unix_now() const {
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
    return {.status = 404, .reason = "no WebSocket here\n"};
  }
  if (head.method == "POST") {
    const bool is_json = head.content_type.starts_with("application/json");
    return is_json ? HttpVerdict{}
                   : HttpVerdict{.status = 415, .reason = "Content-Type: application/json\n"};
  }
  if (head.method != "GET" && head.method != "HEAD") {
    return {.status = 405, .reason = "POST JSON-RPC, or GET /stats\n"};
  }
  if (head.path == "/stats" || head.path == "/health") {
    return {};
  }
  return {.status = 404, .reason = "GET /stats or /health; JSON-RPC is POSTed\n"};
}

void MockProvider::on_http_request(HttpExchangeId id, uint64_t, bool is_post, std::string_view path,
                                   std::string_view body) {
  if (is_post) {
    on_post(id, body);
  } else if (path == "/health") {
    server_->reply(id, 200, "text/plain", "ok");
  } else {
    server_->reply(id, 200, "application/json", stats_json());
  }
}

void MockProvider::on_post(HttpExchangeId id, std::string_view body) {
  ++stats_.requests;
  stats_.in_flight_max = std::max(stats_.in_flight_max, ++stats_.in_flight);
  const Fault fault = draw_fault();
  Held held;
  switch (fault) {
    case Fault::kNone:
      held.answer = calls_.answer(body, false, unix_now());
      break;
    case Fault::kInternalError:
      ++stats_.failed_with_error;
      held.answer = calls_.answer(body, true, unix_now());
      break;
    case Fault::k503:
      ++stats_.failed_with_503;
      held.answer.status = 503;
      held.answer.content_type = "text/plain";
      held.answer.body = "injected failure\n";
      break;
    case Fault::kCut:
      ++stats_.failed_with_cut;
      held.is_cut = true;
      break;
  }
  const Millis wait = draw_latency() + held.answer.wait;
  if (wait == Millis(0)) {
    deliver(id, std::move(held));
  } else {
    hold(id, std::move(held), wait);
  }
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

void MockProvider::hold(HttpExchangeId id, Held held, Millis wait) {
  const Instant until = loop_.now() + wait;
  held_.emplace(HeldKey{until, id}, std::move(held));
  held_until_.emplace(id, until);
  timer_->arm(held_.begin()->first.first);
}

void MockProvider::release_due() {
  while (!held_.empty() && held_.begin()->first.first <= loop_.now()) {
    auto due = held_.extract(held_.begin());
    held_until_.erase(due.key().second);
    deliver(due.key().second, std::move(due.mapped()));
  }
  if (!held_.empty()) {
    timer_->arm(held_.begin()->first.first);
  }
}

void MockProvider::deliver(HttpExchangeId id, Held held) {
  MockAnswer& answer = held.answer;
  if (held.is_cut) {
    server_->abort_reply(id);
    finish();
  } else if (answer.blob_bytes == 0) {
    answer.body += answer.body_end;
    server_->reply(id, answer.status, answer.content_type, std::move(answer.body));
    finish();
  } else {
    server_->begin_reply(id, {.status = answer.status, .content_type = answer.content_type});
    blobs_.emplace(id, Blob{answer.blob_bytes, std::move(answer.body_end)});
    server_->write_part(id, answer.body);
    pump(id);
  }
}

/// Writes as much of a blob as there is room for.
void MockProvider::pump(HttpExchangeId id) {
  const auto found = blobs_.find(id);
  if (found == blobs_.end()) {
    return;
  }
  Blob& blob = found->second;
  Flow flow = Flow::kOk;
  while (flow == Flow::kOk && blob.bytes_left > 0) {
    const std::string_view part = MockCalls::blob_pattern().substr(0, blob.bytes_left);
    flow = server_->write_part(id, part);
    blob.bytes_left -= part.size();
  }
  if (flow == Flow::kFull) {
    return;
  }
  if (flow == Flow::kOk) {
    server_->write_part(id, blob.end);
    server_->end_reply(id);
  } else {
    ++stats_.left_early;
  }
  blobs_.erase(id);
  finish();
}

void MockProvider::finish() {
  --stats_.in_flight;
}

void MockProvider::on_http_drained(HttpExchangeId id) {
  pump(id);
}

void MockProvider::on_http_gone(HttpExchangeId id) {
  bool was_open = blobs_.erase(id) > 0;
  if (const auto until = held_until_.find(id); until != held_until_.end()) {
    held_.erase({until->second, id});
    held_until_.erase(until);
    was_open = true;
  }
  ++stats_.left_early;
  if (was_open) {
    finish();
  }
}

std::string MockProvider::stats_json() const {
  std::string about;
  const bool is_evm = options_.family == MockFamily::kEvm;
  about += is_evm ? R"("family":"evm",)" : R"("family":"svm",)";
  about += "\"seed\":" + std::to_string(options_.seed) + ",";
  about += "\"head\":" + std::to_string(calls_.head(unix_now())) + ",";
  return stats_.json(about);
}

}  // namespace sidecar

#include "net/ws_client.h"

#include <algorithm>

#include "net/ws_url.h"

namespace sidecar {

namespace {

/// What was written is cut off the output's front in pieces of at least this size.
constexpr size_t kCompactBytes = 256 * 1024;

std::string random_bytes(Random& random, size_t count) {
  std::string bytes;
  while (bytes.size() < count) {
    bytes.push_back(static_cast<char>(random.next() >> 56));
  }
  return bytes;
}

}  // namespace

Result<WsClientPtr> WsClient::create(Loop& loop, const WsClientOptions& options, uint64_t seed,
                                     WsClientSink& sink) {
  auto url = WsUrl::parse(options.url);
  if (!url.ok()) {
    return url.error();
  }
  WsDialerOptions dial;
  dial.is_tls = url.value().is_tls;
  dial.host = url.value().host;
  dial.port = url.value().port;
  dial.target = url.value().target;
  dial.userinfo = url.value().userinfo;
  dial.headers = options.headers;
  dial.ca_file = options.ca_file;
  dial.timeout = options.connect_timeout;
  Ptr client(new WsClient(loop, options, dial.host, seed, sink));
  auto dialer = WsDialer::create(loop, dial, *client);
  if (!dialer.ok()) {
    return dialer.error();
  }
  client->dialer_ = std::move(dialer).value();
  return client;
}

WsClient::WsClient(Loop& loop, const WsClientOptions& options, std::string host, uint64_t seed,
                   WsClientSink& sink)
    : loop_(loop),
      options_(options),
      sink_(&sink),
      random_(seed),
      lookup_(loop, std::move(host),
              [this](std::vector<std::string> addresses, const char* what) {
                on_resolved(std::move(addresses), what);
              }),
      reader_(options.message_bytes_max),
      timeout_(loop.make_timer([this]() { on_timeout(); })),
      address_due_(loop.make_timer([this]() { on_address_due(); })),
      ping_due_(loop.make_timer([this]() { on_ping_due(); })),
      pong_due_(loop.make_timer([this]() { on_pong_due(); })) {}

WsClient::~WsClient() = default;

void WsClient::close_for_good() {
  sink_ = nullptr;
  close(ws_code::kNormal);
  dialer_.reset();
  loop_.post([this]() { delete this; });  // this may be inside one of its callbacks
}

// ---- connecting

void WsClient::connect() {
  CHECK(state_ == State::kIdle);
  state_ = State::kResolving;
  give_up_at_ = loop_.now() + options_.connect_timeout;
  timeout_->arm(give_up_at_);
  lookup_.start();
}

void WsClient::on_resolved(std::vector<std::string> addresses, const char* what) {
  if (!addresses.empty()) {
    addresses_ = std::move(addresses);
    next_address_ = 0;
  }
  if (state_ != State::kResolving) {
    return;
  }
  if (addresses_.empty()) {  // else those that were good before are tried
    const std::string kept = std::string("the name cannot be resolved: ") + what;
    fail({WsFailure::End::kConnect, kept});
    return;
  }
  state_ = State::kDialling;
  addresses_left_ = addresses_.size();
  last_what_ = "no address can be dialled";
  last_end_ = WsFailure::End::kConnect;
  dial_next();
}

void WsClient::dial_next() {
  while (addresses_left_ > 0) {
    const std::string& address = addresses_[next_address_];
    if (addresses_left_ > 1) {  // one that swallows packets must not take the whole time
      const Nanos left = give_up_at_ - loop_.now();
      address_due_->arm(loop_.now() + left / static_cast<int64_t>(addresses_left_));
    }
    --addresses_left_;
    if (dialer_->dial(address, random_bytes(random_, 16))) {
      return;
    }
    next_address_ = (next_address_ + 1) % addresses_.size();
  }
  const std::string what = last_what_;
  fail({last_end_, what});
}

void WsClient::on_address_due() {
  if (state_ != State::kDialling || dialer_->progress() != WsProgress::kNone) {
    return;
  }
  dialer_->hang_up();
  next_address_ = (next_address_ + 1) % addresses_.size();
  dial_next();
}

void WsClient::on_timeout() {
  const bool was_asked = state_ == State::kDialling && dialer_->progress() >= WsProgress::kAsked;
  fail({WsFailure::End::kConnect, state_ == State::kResolving ? "the name was not resolved in time"
                                  : was_asked                 ? "no answer to the upgrade in time"
                                                              : "not connected in time"});
}

void WsClient::on_dial_answer(const WsAnswer& answer) {
  if (!answer.is_upgraded) {
    WsFailure failure;
    failure.end = answer.status == 101 ? WsFailure::End::kProtocol : WsFailure::End::kRefused;
    failure.what = answer.status == 101 ? "a handshake that breaks the rules" : "upgrade refused";
    failure.http_status = answer.status;
    failure.retry_after = answer.retry_after;
    fail(failure);
    return;
  }
  state_ = State::kUp;
  ++connection_;
  timeout_->cancel();
  address_due_->cancel();
  has_heard_ = true;
  ping_misses_ = 0;
  pong_allowed_at_ = loop_.now();
  ping_due_->arm(loop_.now() + options_.ping_interval);
  sink_->on_ws_connected();
}

void WsClient::on_dial_ended(WsProgress progress, std::string_view what) {
  if (state_ == State::kUp) {
    fail({WsFailure::End::kClosed, "connection lost"});
    return;
  }
  last_what_ = what;
  if (progress == WsProgress::kNone) {
    next_address_ = (next_address_ + 1) % addresses_.size();
    dial_next();
    return;
  }
  const bool is_tls = options_.url.reveal().starts_with("wss:");
  const std::string kept(what);
  fail({progress == WsProgress::kConnected && is_tls ? WsFailure::End::kTls
                                                     : WsFailure::End::kConnect,
        kept});
}

// ---- input

void WsClient::on_dial_bytes(std::string_view bytes) {
  if (state_ != State::kUp) {
    return;
  }
  has_heard_ = true;
  ping_misses_ = 0;
  reader_.feed(bytes);
  const uint64_t connection = connection_;
  while (state_ == State::kUp && connection == connection_) {
    const WsReader::Step step = reader_.next();
    if (step.event == WsReader::Event::kNeedMore) {
      return;
    }
    take(step);
  }
}

void WsClient::take(const WsReader::Step& step) {
  switch (step.event) {
    case WsReader::Event::kText:
      sink_->on_ws_text(step.payload);
      break;
    case WsReader::Event::kPing:
      on_peer_ping(step.payload);
      break;
    case WsReader::Event::kClose:
      take_close(step.payload);
      break;
    case WsReader::Event::kBroken:
      refuse(ws_code::kProtocolError, WsFailure::End::kProtocol, "a broken frame");
      break;
    case WsReader::Event::kBinary:
      refuse(ws_code::kUnsupported, WsFailure::End::kProtocol, "a binary message");
      break;
    case WsReader::Event::kTooLarge:
      refuse(ws_code::kTooBig, WsFailure::End::kTooLarge, "a message over response_bytes_max");
      break;
    case WsReader::Event::kPong:
    case WsReader::Event::kNeedMore:
      break;
  }
}

void WsClient::take_close(std::string_view payload) {
  WsFailure failure;
  failure.what = "closed by the server";
  if (payload.size() >= 2) {
    failure.close_code = static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1]);
  }
  append_close(answer_to_close(payload));
  fail(failure);
}

void WsClient::on_peer_ping(std::string_view payload) {
  pong_ = payload;  // of several pings the last is answered: RFC 6455, 5.5.3
  if (is_pong_due_) {
    return;
  }
  is_pong_due_ = true;
  if (loop_.now() >= pong_allowed_at_) {
    on_pong_due();
  } else {
    pong_due_->arm(pong_allowed_at_);
  }
}

void WsClient::on_pong_due() {
  is_pong_due_ = false;
  pong_allowed_at_ = loop_.now() + kPongPause;
  append_frame(WsOpcode::kPong, pong_);
}

void WsClient::on_ping_due() {
  if (!has_heard_ && ++ping_misses_ >= options_.ping_misses_max) {
    fail({WsFailure::End::kClosed, "no sign of life"});
    return;
  }
  has_heard_ = false;
  append_frame(WsOpcode::kPing, {});
  ping_due_->arm(loop_.now() + options_.ping_interval);
}

// ---- output

void WsClient::send(std::string_view text) {
  CHECK(state_ == State::kUp);
  append_frame(WsOpcode::kText, text);
}

void WsClient::append_frame(WsOpcode opcode, std::string_view payload) {
  const uint64_t bits = random_.next();
  append_masked_frame(out_, opcode, payload,
                      {static_cast<uint8_t>(bits >> 32), static_cast<uint8_t>(bits >> 40),
                       static_cast<uint8_t>(bits >> 48), static_cast<uint8_t>(bits >> 56)});
  if (!is_flush_due_) {
    is_flush_due_ = true;
    loop_.at_turn_end(*this);
  }
}

void WsClient::append_close(uint16_t code) {
  const char bytes[2] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  append_frame(WsOpcode::kClose, {bytes, sizeof(bytes)});
}

void WsClient::on_turn_end() {
  is_flush_due_ = false;
  flush();
}

void WsClient::on_dial_writable() {
  flush();
}

void WsClient::flush() {
  while (written_ < out_.size()) {
    const size_t count = dialer_->write(std::string_view(out_).substr(written_));
    if (count == 0) {
      break;
    }
    written_ += count;
  }
  if (written_ == out_.size()) {
    loop_.give_back(std::exchange(out_, loop_.take_buffer()));
    out_.clear();
    written_ = 0;
  } else if (written_ >= kCompactBytes) {
    out_.erase(0, written_);
    written_ = 0;
  }
}

// ---- ends

void WsClient::close(uint16_t code) {
  if (state_ == State::kUp) {
    append_close(code);
  }
  reset();
}

void WsClient::reset() {
  if (state_ == State::kUp) {
    flush();  // what was said last still goes out if the socket takes it
  }
  state_ = State::kIdle;
  if (dialer_) {
    dialer_->hang_up();
  }
  if (is_flush_due_) {
    is_flush_due_ = false;
    loop_.forget_turn_end(*this);
  }
  out_ = pong_ = std::string();
  written_ = 0;
  is_pong_due_ = false;
  reader_.reset();
  for (Timer* timer : {timeout_.get(), address_due_.get(), ping_due_.get(), pong_due_.get()}) {
    timer->cancel();
  }
}

void WsClient::fail(const WsFailure& failure) {
  reset();
  if (sink_ != nullptr) {
    sink_->on_ws_failed(failure);
  }
}

void WsClient::refuse(uint16_t code, WsFailure::End end, std::string_view what) {
  append_close(code);
  fail({end, what});
}

}  // namespace sidecar

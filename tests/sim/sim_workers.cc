#include "tests/sim/sim_workers.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "rpc/byte_text.h"

namespace sidecar::testing {

namespace {

constexpr uint64_t kTipMargin = 3;  // blocks that every provider which is well has for sure

std::string hex(uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof(text), "\"0x%llx\"", static_cast<unsigned long long>(number));
  return text;
}

}  // namespace

SimWorkers::SimWorkers(SimTime& time, SimTrace& trace, SimChecks& checks, SimCalls& calls,
                       const SimSetup& setup, std::vector<SimChain*> chains, uint64_t seed)
    : time_(time),
      trace_(trace),
      checks_(checks),
      calls_(calls),
      setup_(setup),
      chains_(std::move(chains)),
      random_(seed) {}

void SimWorkers::start(CallPort& port) {
  port_ = &port;
  for (uint32_t i = 1; i <= setup_.session_count; ++i) {
    time_.after(Nanos(0), [this, i]() { on_turn(i); });
  }
}

void SimWorkers::on_turn(SessionId session) {
  if (is_stopped_) {
    return;
  }
  const uint64_t burst = random_.below(20) == 0 ? 2 + random_.below(12) : 1;
  for (uint64_t i = 0; i < burst; ++i) {
    submit(session);
  }
  if (random_.below(200) == 0) {
    leave(session);
  }
  const auto think = static_cast<uint64_t>(setup_.think_time.count());
  time_.after(Nanos(static_cast<int64_t>(random_.below(2 * think + 1))),
              [this, session]() { on_turn(session); });
}

void SimWorkers::submit(SessionId session) {
  SimCall& call = calls_.add();
  const uint64_t number = call.number;
  call.session = session;
  call.pool = random_.below(setup_.pools.size());
  call.submitted = time_.now();
  draw_call(call);
  Request request;
  request.session = session;
  request.token = number;
  request.chain = static_cast<ChainNumber>(call.pool + 1);
  draw_wishes(call, request);
  const std::string method = call.method;
  const std::string params = call.params;
  request.method = method;
  request.params = params;
  trace_.note("call", method, number, params);
  const CallId id = port_->submit(request);
  SimCall& submitted = *calls_.find(number);
  submitted.id = id;
  if (id != 0 && random_.below(12) == 0) {
    const auto patience = Millis(static_cast<int64_t>(random_.below(3'000)));
    time_.after(patience, [this, number]() { cancel(number); });
  }
}

std::string SimWorkers::mark(const SimCall& call) const {
  return "\"#" + std::to_string(call.number) + "\"";
}

void SimWorkers::draw_call(SimCall& call) {
  call.is_plain = setup_.pools[call.pool].has_anchor;
  if (setup_.pools[call.pool].chain.family == Family::kEvm) {
    draw_evm(call);
  } else {
    draw_svm(call);
  }
  if (call.method_class != SimCall::Class::kSafe) {
    call.is_plain = false;
  }
}

void SimWorkers::draw_evm(SimCall& call) {
  const uint64_t head = chains_[call.pool]->head(time_.now());
  const uint64_t old = head - kTipMargin - random_.below(30);
  const std::string my_mark = mark(call);
  const auto ask = [&call](std::string_view method, std::string params) {
    call.method = method;
    call.params = std::move(params);
  };
  const uint64_t kind = random_.below(100);
  if (kind < 16) {
    ask("eth_blockNumber", "[" + my_mark + "]");
    call.is_head_told = true;
  } else if (kind < 30) {
    ask("eth_getBlockByNumber", "[" + hex(old) + ",false," + my_mark + "]");
  } else if (kind < 36) {
    ask("eth_getBlockByNumber", "[\"latest\",false," + my_mark + "]");
  } else if (kind < 54) {
    const std::string block = random_.below(3) == 0 ? hex(old) : "\"latest\"";
    ask("eth_call", "[{\"to\":\"0x01\"}," + block + "," + my_mark + "]");
    call.expected = sim_value(call.number);
    call.is_plain = call.is_plain && !is_reverting(call.number) && !is_refused_by_all(call.number);
  } else if (kind < 64) {
    ask("eth_getLogs", "[{\"fromBlock\":" + hex(old - random_.below(20)) +
                           ",\"toBlock\":" + hex(old) + "}," + my_mark + "]");
  } else if (kind < 70) {
    // Blocks that are not there yet.
    ask("eth_getBlockByNumber", "[" + hex(head + random_.below(3)) + ",false," + my_mark + "]");
    call.is_plain = false;
  } else if (kind < 78 && !transactions_.empty()) {
    const std::string& raw = transactions_[random_.below(transactions_.size())];
    ask(random_.below(3) == 0 ? "eth_getTransactionByHash" : "eth_getTransactionReceipt",
        "[\"" + sim_transaction_hash("[\"" + raw + "\"]") + "\"," + my_mark + "]");
  } else if (kind < 92) {
    draw_transaction(call);
  } else if (kind < 96) {
    ask("eth_sendTransaction", "[{\"to\":\"0x01\"}," + my_mark + "]");
    call.method_class = SimCall::Class::kUnsafe;
    call.expected = sim_value(call.number);
  } else {
    ask("eth_chainId", "[" + my_mark + "]");
  }
}

void SimWorkers::draw_svm(SimCall& call) {
  const std::string config = "{\"commitment\":\"processed\",\"mark\":" + mark(call);
  const auto ask = [&call](std::string_view method, std::string params) {
    call.method = method;
    call.params = std::move(params);
  };
  const uint64_t kind = random_.below(100);
  if (kind < 20) {
    ask("getSlot", "[" + config + "}]");
  } else if (kind < 35) {
    ask("getLatestBlockhash", "[" + config + "}]");
  } else if (kind < 80) {
    ask("getBalance", "[\"11111111\"," + config + "}]");
  } else if (kind < 92) {
    const uint64_t head = chains_[call.pool]->head(time_.now());
    ask("getBalance", "[\"11111111\"," + config +
                          ",\"minContextSlot\":" + std::to_string(head - random_.below(4)) + "}]");
    call.is_plain = false;
  } else {
    ask("sendTransaction", "[\"AQAB\"," + config + "}]");
    call.method_class = SimCall::Class::kUnsafe;
    call.expected = sim_value(call.number);
  }
}

void SimWorkers::draw_transaction(SimCall& call) {
  std::string raw;
  if (!transactions_.empty() && random_.below(4) == 0) {
    raw = transactions_[random_.below(transactions_.size())];
  } else {
    raw = random_.below(12) == 0 ? std::string(kStaleTransaction) : "0x02";
    for (int i = 0; i < 4; ++i) {
      raw += to_hex(to_big_endian(random_.next(), 8)).substr(2);
    }
    transactions_.push_back(raw);
  }
  call.method = "eth_sendRawTransaction";
  call.params = "[\"" + raw + "\"," + mark(call) + "]";
  call.method_class = SimCall::Class::kTx;
  call.expected = "\"" + sim_transaction_hash(call.params) + "\"";
}

/// What a worker may want besides its answer.
void SimWorkers::draw_wishes(SimCall& call, Request& request) {
  Millis deadline = setup_.dispatcher.call_deadline;
  if (random_.below(8) == 0) {
    deadline = Millis(static_cast<int64_t>(1 + random_.below(70'000)));
    request.deadline = deadline;
    deadline = std::min(deadline, setup_.dispatcher.call_deadline_max);
    call.is_plain = false;
  }
  call.deadline = call.submitted + deadline;
  request.may_stream = random_.below(2) == 0;
  if (random_.below(40) == 0) {
    request.explain = true;
    call.is_explained = true;
    call.is_plain = false;
    call.is_head_told = false;
  }
  if (random_.below(25) == 0) {
    request.provider = setup_.endpoints[random_.below(setup_.endpoints.size())].seed.provider;
    call.is_plain = false;
    call.is_head_told = false;
  }
}

void SimWorkers::on_reply(SessionId, uint64_t token, const Reply& reply) {
  SimCall* call = calls_.find(token);
  const bool is_error = reply.kind == Reply::Kind::kError;
  trace_.note("reply", is_error ? "error" : "result", token, reply.body.substr(0, 160));
  checks_.on_answered(call, reply);
  if (call == nullptr || call->state != SimCall::State::kOpen) {
    return;
  }
  calls_.close(*call, SimCall::State::kAnswered);
  call->is_result = !is_error && !call->is_explained;
  const SessionId session = call->session;
  if (!is_stopped_ && depth_ < 2 && random_.below(30) == 0) {
    ++depth_;
    submit(session);
    --depth_;
  }
}

Flow SimWorkers::on_reply_part(SessionId, uint64_t token, std::string_view) {
  SimCall* call = calls_.find(token);
  checks_.on_part(call);
  if (call == nullptr) {
    return Flow::kDropped;
  }
  call->has_parts = true;
  if (random_.below(4) != 0) {
    return Flow::kOk;
  }
  const auto pause = Millis(static_cast<int64_t>(random_.below(500)));
  time_.after(pause, [this, token]() {
    const SimCall& slow = *calls_.find(token);
    if (slow.state == SimCall::State::kOpen) {
      port_->resume(slow.id);
    }
  });
  return Flow::kFull;
}

void SimWorkers::cancel(uint64_t number) {
  SimCall& call = *calls_.find(number);
  const bool is_open = call.state == SimCall::State::kOpen;
  trace_.note("give_up", is_open ? "open" : "ended", number);
  if (is_open) {
    calls_.close(call, SimCall::State::kCancelled);
  }
  // Of a call that has ended the id is dead, and means nobody else.
  port_->cancel(call.id);
}

void SimWorkers::leave(SessionId session) {
  std::vector<uint64_t> open;
  for (const SimCall& call : calls_.all()) {
    if (call.session == session && call.state == SimCall::State::kOpen && call.id != 0) {
      open.push_back(call.number);
    }
  }
  std::for_each(open.begin(), open.end(), [this](uint64_t number) { cancel(number); });
}

}  // namespace sidecar::testing

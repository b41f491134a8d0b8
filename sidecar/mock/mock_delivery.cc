#include "mock/mock_delivery.h"

#include <algorithm>

namespace sidecar {

MockDelivery::MockDelivery(Loop& loop, MockStats& stats)
    : loop_(loop), stats_(stats), timer_(loop.make_timer([this] { step_due(); })) {}

void MockDelivery::begin(HttpExchangeId id, MockAnswer answer, const AnswerFaults& faults,
                         Millis wait) {
  const auto at = parcels_.emplace(id, Parcel{.answer = std::move(answer), .faults = faults}).first;
  stats_.in_flight_max = std::max(stats_.in_flight_max, ++stats_.in_flight);
  if (faults.is_swallowed) {
    at->second.phase = Phase::kSwallowed;
  } else if (wait > Millis(0)) {
    schedule(id, at->second, wait);
  } else {
    send(at);
  }
}

void MockDelivery::schedule(HttpExchangeId id, Parcel& parcel, Millis wait) {
  parcel.due = loop_.now() + wait;
  due_.emplace(parcel.due, id);
  timer_->arm(due_.begin()->first);
}

void MockDelivery::step_due() {
  while (!due_.empty() && due_.begin()->first <= loop_.now()) {
    const HttpExchangeId id = due_.extract(due_.begin()).value().second;
    const auto at = parcels_.find(id);
    if (at->second.phase == Phase::kHeld) {
      send(at);
    } else {
      send_drop(at);
    }
  }
  if (!due_.empty()) {
    timer_->arm(due_.begin()->first);
  }
}

void MockDelivery::send(Parcels::iterator at) {
  auto& [id, parcel] = *at;
  MockAnswer& answer = parcel.answer;
  const AnswerFaults& faults = parcel.faults;
  if (faults.is_reset && !faults.after_bytes) {
    server_->reset_reply(id);
  } else if (answer.is_cut) {
    server_->abort_reply(id);
  } else if (answer.blob_bytes > 0) {
    parcel.phase = Phase::kBlob;
    server_->begin_reply(id, {.status = answer.status, .content_type = answer.content_type});
    server_->write_part(id, answer.body);
    pump(at);
    return;
  } else {
    answer.body += answer.body_end;
    if (faults.is_garbage) {
      answer.body.resize(answer.body.size() / 2);
    }
    const bool is_plain = faults.drop_bytes == 0 && !faults.is_reset && !faults.is_truncated &&
                          answer.more_headers.empty();
    if (!is_plain) {
      begin_body(id, parcel);
      send_drop(at);
      return;
    }
    server_->reply(id, answer.status, answer.content_type, std::move(answer.body));
  }
  forget(at);
}

void MockDelivery::begin_body(HttpExchangeId id, Parcel& parcel) {
  const MockAnswer& answer = parcel.answer;
  const AnswerFaults& faults = parcel.faults;
  parcel.phase = Phase::kDrops;
  parcel.limit = answer.body.size();
  if (faults.is_reset || faults.is_truncated) {
    parcel.end = faults.is_reset ? End::kReset : End::kFin;
    const uint64_t limit = faults.after_bytes.value_or(answer.body.size() / 2);
    parcel.limit = static_cast<size_t>(std::min<uint64_t>(limit, answer.body.size()));
  }
  // One more than there is, if need be: what is cut short has to miss something.
  const bool is_short = parcel.end == End::kFin && parcel.limit == answer.body.size();
  server_->begin_reply(id, {.status = answer.status,
                            .content_type = answer.content_type,
                            .more = answer.more_headers,
                            .body_bytes = answer.body.size() + (is_short ? 1 : 0)});
}

void MockDelivery::send_drop(Parcels::iterator at) {
  auto& [id, parcel] = *at;
  const size_t left = parcel.limit - parcel.sent;
  const size_t drop_bytes = static_cast<size_t>(parcel.faults.drop_bytes);
  const size_t drop = drop_bytes == 0 ? left : std::min(left, drop_bytes);
  const auto piece = std::string_view(parcel.answer.body).substr(parcel.sent, drop);
  if (server_->write_part(id, piece) == Flow::kDropped) {
    ++stats_.left_early;
    forget(at);
    return;
  }
  parcel.sent += drop;
  if (parcel.sent < parcel.limit) {
    schedule(id, parcel, parcel.faults.drop_wait);
    return;
  }
  if (parcel.end == End::kReset) {
    server_->reset_reply(id);
  } else {
    server_->end_reply(id);
  }
  forget(at);
}

/// Writes as much of a blob as there is room for.
void MockDelivery::pump(Parcels::iterator at) {
  auto& [id, parcel] = *at;
  Flow flow = Flow::kOk;
  while (flow == Flow::kOk && parcel.answer.blob_bytes > 0) {
    const std::string_view part = MockCalls::blob_pattern().substr(0, parcel.answer.blob_bytes);
    flow = server_->write_part(id, part);
    parcel.answer.blob_bytes -= part.size();
  }
  if (flow == Flow::kFull) {
    return;
  }
  if (flow == Flow::kOk) {
    server_->write_part(id, parcel.answer.body_end);
    server_->end_reply(id);
  } else {
    ++stats_.left_early;
  }
  forget(at);
}

void MockDelivery::on_drained(HttpExchangeId id) {
  const auto at = parcels_.find(id);
  if (at != parcels_.end() && at->second.phase == Phase::kBlob) {
    pump(at);
  }
}

void MockDelivery::on_gone(HttpExchangeId id) {
  ++stats_.left_early;
  const auto at = parcels_.find(id);
  if (at != parcels_.end()) {
    due_.erase({at->second.due, id});
    forget(at);
  }
}

void MockDelivery::forget(Parcels::iterator at) {
  --stats_.in_flight;
  parcels_.erase(at);
}

void MockDelivery::drop_all() {
  timer_->cancel();
  due_.clear();
  parcels_.clear();
}

}  // namespace sidecar

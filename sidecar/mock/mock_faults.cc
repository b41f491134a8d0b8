#include "mock/mock_faults.h"

#include <algorithm>
#include <iterator>

#include "rpc/json_writer.h"

namespace sidecar {

namespace {

using Kind = MockFaultKind;

Error invalid(std::string detail) {
  return Error{Errc::kInvalid, std::move(detail)};
}

bool is_about_answer(Kind kind) {
  return kind > Kind::kRefuse && kind <= Kind::kGarbage;
}

bool is_about_call(Kind kind) {
  return kind > Kind::kGarbage && kind <= Kind::kSyncing;
}

/// An answer that is replaced or never comes has no body to spoil.
bool is_moot(const AnswerFaults& drawn, Kind kind) {
  const bool is_over = drawn.is_swallowed || drawn.is_reset || drawn.is_truncated;
  switch (kind) {
    case Kind::kHtml:
    case Kind::kHttpStatus:
      return drawn.instead.has_value();
    case Kind::kReset:
    case Kind::kTruncate:
    case Kind::kBlackhole:
      return is_over;
    case Kind::kGarbage:
      return drawn.instead.has_value() || is_over;
    default:
      return false;
  }
}

void strike(AnswerFaults& drawn, const MockFault& fault, Random& random) {
  const auto width = static_cast<uint64_t>((fault.wait_max - fault.wait_min).count());
  switch (fault.kind) {
    case Kind::kBlackhole:
      drawn.is_swallowed = true;
      drawn.is_carried_out = drawn.is_carried_out && fault.is_carried_out;
      return;
    case Kind::kLatency:
      drawn.wait += fault.wait_min + Millis(width == 0 ? 0 : random.below(width + 1));
      return;
    case Kind::kTrickle:
      drawn.drop_bytes = fault.drop_bytes;
      drawn.drop_wait = fault.wait_min;
      return;
    case Kind::kReset:
      drawn.is_reset = true;
      drawn.after_bytes = fault.after_bytes;
      drawn.is_carried_out = drawn.is_carried_out && fault.is_carried_out;
      return;
    case Kind::kTruncate:
      drawn.is_truncated = true;
      drawn.after_bytes = fault.after_bytes;
      return;
    case Kind::kHtml:
    case Kind::kHttpStatus:
      drawn.instead = {fault.status, fault.content_type, fault.body, fault.retry_after};
      drawn.is_carried_out = false;
      return;
    case Kind::kGarbage:
      drawn.is_garbage = true;
      return;
    default:
      return;
  }
}

void strike(CallFaults& drawn, const MockFault& fault) {
  switch (fault.kind) {
    case Kind::kRpcError:
      drawn.status = fault.status;
      drawn.error = fault.error;
      return;
    case Kind::kWrongId:
      drawn.has_wrong_id = true;
      return;
    case Kind::kLag:
      drawn.blocks_behind += fault.blocks;
      return;
    case Kind::kStuck:
      drawn.stuck_at = fault.since;
      return;
    case Kind::kFork:
      drawn.branch = ChainBranch{fault.from.value_or(0), fault.branch};
      return;
    case Kind::kWrongChain:
      drawn.is_wrong_chain = true;
      drawn.chain_id = fault.chain_id;
      return;
    case Kind::kNullRecent:
      drawn.null_blocks = std::max(drawn.null_blocks, fault.blocks);
      return;
    case Kind::kSyncing:
      drawn.syncing_blocks = fault.blocks;
      return;
    default:
      return;
  }
}

}  // namespace

Result<std::vector<MockFault>> MockFaults::parse_list(const JsonValue& list, std::string_view key,
                                                      const MockMoment& moment) const {
  if (!list.is_array() || list.size() > kFaultsMax) {
    return invalid(std::string(key) + ": want a list of at most 64 faults");
  }
  std::vector<MockFault> faults;
  for (const JsonValue& item : list.items()) {
    const std::string where = std::string(key) + "[" + std::to_string(faults.size()) + "]";
    auto parsed = parse_mock_fault(item, where);
    if (!parsed.ok()) {
      return parsed.error();
    }
    MockFault fault = std::move(parsed).value();
    if (fault.kind == Kind::kRefuse && !may_refuse_) {
      return invalid(where + ".kind: refuse needs a control port of its own (--control-port), or " +
                     "nothing could heal it");
    }
    if (fault.kind == Kind::kStuck) {
      fault.since = moment.now;
    }
    if (fault.depth) {
      fault.from = moment.head - std::min(moment.head, *fault.depth);
    }
    faults.push_back(std::move(fault));
  }
  return faults;
}

Status MockFaults::apply(std::string_view text, const MockMoment& moment) {
  const auto control = JsonValue::parse(text);
  if (!control || !control->is_object() || control->size() == 0) {
    return invalid("want a JSON object with faults, or with add and clear");
  }
  for (const auto& [key, ignored] : control->members()) {
    if (key != "faults" && key != "add" && key != "clear") {
      return invalid(key + ": no such key; there are faults, add, clear");
    }
  }
  const bool is_whole = control->has("faults");
  if (is_whole && control->size() > 1) {
    return invalid("faults: is the whole set, and goes with no other key");
  }
  std::vector<MockFault> next = is_whole ? std::vector<MockFault>() : faults_;
  for (const JsonValue& item : (*control)["clear"].items()) {
    const auto kind = mock_fault_kind_of(item.as_string().value_or(""));
    if (!kind) {
      return invalid("clear: want kinds of faults");
    }
    std::erase_if(next, [kind](const MockFault& each) { return each.kind == *kind; });
  }
  if (control->has("clear") && !(*control)["clear"].is_array()) {
    return invalid("clear: want a list of kinds");
  }
  const std::string_view key = is_whole ? "faults" : "add";
  if (control->has(key)) {
    auto more = parse_list((*control)[key], key, moment);
    if (!more.ok()) {
      return more.error();
    }
    std::move(more.value().begin(), more.value().end(), std::back_inserter(next));
  }
  if (next.size() > kFaultsMax) {
    return invalid("add: that would be more than 64 faults");
  }
  const bool was_refusing = is_refusing();
  faults_ = std::move(next);
  if (is_refusing() && !was_refusing) {
    ++counts_[static_cast<size_t>(Kind::kRefuse)];
  }
  return Done{};
}

Status MockFaults::add(std::string_view text, const MockMoment& moment) {
  const auto value = JsonValue::parse(text);
  if (!value || (!value->is_object() && !value->is_array())) {
    return invalid("want a fault as a JSON object, or a list of them");
  }
  std::string control = R"({"add":)";
  control += value->is_object() ? "[" : "";
  value->write(control);
  control += value->is_object() ? "]}" : "}";
  return apply(control, moment);
}

bool MockFaults::strikes(MockFault& fault) {
  if (fault.rate < 1 && random_.unit() >= fault.rate) {
    return false;
  }
  ++fault.strikes;
  ++counts_[static_cast<size_t>(fault.kind)];
  return true;
}

void MockFaults::forget_healed() {
  std::erase_if(faults_,
                [](const MockFault& each) { return each.count && each.strikes >= *each.count; });
}

AnswerFaults MockFaults::draw_answer(std::span<const std::string> methods) {
  AnswerFaults drawn;
  for (MockFault& fault : faults_) {
    const bool is_concerned =
        fault.methods.empty() ||
        std::any_of(methods.begin(), methods.end(),
                    [&fault](const std::string& method) { return fault.concerns(method); });
    if (is_about_answer(fault.kind) && is_concerned && !is_moot(drawn, fault.kind) &&
        strikes(fault)) {
      strike(drawn, fault, random_);
    }
  }
  forget_healed();
  return drawn;
}

CallFaults MockFaults::draw_call(std::string_view method) {
  CallFaults drawn;
  for (MockFault& fault : faults_) {
    const bool is_moot = fault.kind == Kind::kRpcError && !drawn.error.empty();
    if (is_about_call(fault.kind) && fault.concerns(method) && !is_moot && strikes(fault)) {
      strike(drawn, fault);
    }
  }
  forget_healed();
  return drawn;
}

bool MockFaults::is_refusing() const {
  return std::any_of(faults_.begin(), faults_.end(),
                     [](const MockFault& each) { return each.kind == Kind::kRefuse; });
}

std::string MockFaults::json() const {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().key("faults").begin_array();
  for (const MockFault& fault : faults_) {
    writer.raw(fault.text);
  }
  writer.end_array().key("strikes").begin_array();
  for (const MockFault& fault : faults_) {
    writer.number(fault.strikes);
  }
  writer.end_array().end_object();
  return out + "\n";
}

std::string MockFaults::counts_json() const {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object();
  for (size_t i = 0; i < kMockFaultKindCount; ++i) {
    if (counts_[i] > 0) {
      writer.key(mock_fault_name(static_cast<Kind>(i))).number(counts_[i]);
    }
  }
  writer.end_object();
  return out;
}

}  // namespace sidecar

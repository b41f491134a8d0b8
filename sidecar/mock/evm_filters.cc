#include "mock/evm_filters.h"

#include <algorithm>
#include <utility>

#include "mock/evm_json.h"
#include "rpc/byte_text.h"
#include "rpc/rpc_error.h"

namespace sidecar {

namespace {

constexpr int kRangeTooWideCode = -32614;
constexpr int kTooManyResultsCode = -32005;

MethodReply not_found() {
  return MethodReply::error(kServerErrorCode, "filter not found");
}

}  // namespace

MethodReply find_logs(const EvmChain& chain, const EvmLogFilter& filter, uint64_t first,
                      uint64_t last) {
  if (last >= first && last - first >= kLogBlocksMax) {
    return MethodReply::error(kRangeTooWideCode, "eth_getLogs is limited to a 10,000 range");
  }
  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_array();
  size_t count = 0;
  for (uint64_t block = first; block <= last; ++block) {
    for (const EvmLog& log : chain.logs(block)) {
      if (!filter.matches(log)) {
        continue;
      }
      if (++count > kLogResultsMax) {
        return MethodReply::error(kTooManyResultsCode, "query returned more than 10000 results");
      }
      write_evm_log(writer, chain, log);
    }
  }
  writer.end_array();
  return reply;
}

MethodReply EvmFilters::add_logs(EvmLogFilter filter, const EvmLogRange& range, Millis now) {
  return add({.kind = Kind::kLogs, .wanted = std::move(filter), .range = range}, now);
}

MethodReply EvmFilters::add_blocks(Millis now) {
  return add({.kind = Kind::kBlocks, .wanted = {}, .range = {}}, now);
}

MethodReply EvmFilters::add_pending(Millis now) {
  return add({.kind = Kind::kPending, .wanted = {}, .range = {}}, now);
}

MethodReply EvmFilters::add(Filter filter, Millis now) {
  if (filters_.size() >= kFiltersMax) {
    std::erase_if(filters_,
                  [now](const auto& entry) { return now - entry.second.polled_at > kIdleMax; });
  }
  if (filters_.size() >= kFiltersMax) {
    return MethodReply::error(kServerErrorCode, "too many filters");
  }
  filter.next = filter.kind == Kind::kPending ? chain_.sent().size() : chain_.head(now) + 1;
  filter.polled_at = now;
  const std::string id = to_hex(chain_.derivation().bytes(Domain::kFilter, made_count_++, 16));
  filters_.emplace(id, std::move(filter));
  return MethodReply::text_result(id);
}

EvmFilters::Filter* EvmFilters::find(std::string_view id, Millis now) {
  const auto found = filters_.find(id);
  if (found == filters_.end()) {
    return nullptr;
  }
  if (now - found->second.polled_at > kIdleMax) {
    filters_.erase(found);
    return nullptr;
  }
  found->second.polled_at = now;
  return &found->second;
}

MethodReply EvmFilters::changes(std::string_view id, Millis now) {
  Filter* filter = find(id, now);
  if (filter == nullptr) {
    return not_found();
  }
  if (filter->kind == Kind::kPending) {
    return pending_changes(*filter);
  }
  const uint64_t head = chain_.head(now);
  const uint64_t from = std::max(filter->next, head - std::min(head, kLogBlocksMax - 1));
  filter->next = std::max(filter->next, head + 1);
  if (filter->kind == Kind::kLogs) {
    const uint64_t last = filter->range.is_open ? head : std::min(head, filter->range.last);
    MethodReply found =
        find_logs(chain_, filter->wanted, std::max(from, filter->range.first), last);
    std::string removed;
    for (const std::string& log : std::exchange(filter->removed, {})) {
      removed += removed.empty() ? log : "," + log;
    }
    if (!found.is_error && !removed.empty()) {
      found.json.insert(1, removed + (found.json == "[]" ? "" : ","));
    }
    return found;
  }
  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_array();
  for (uint64_t block = from; block <= head; ++block) {
    writer.string(to_hex(chain_.block_hash(block)));
  }
  writer.end_array();
  return reply;
}

void EvmFilters::on_reorganise(uint64_t from) {
  for (auto& [ignored, filter] : filters_) {
    if (filter.kind == Kind::kPending || filter.next <= from) {
      continue;
    }
    const uint64_t first = std::max(from, filter.range.first);
    for (uint64_t block = filter.next; filter.kind == Kind::kLogs && block-- > first;) {
      std::vector<EvmLog> logs = chain_.logs(block);
      for (auto log = logs.rbegin(); log != logs.rend() && filter.removed.size() < kLogResultsMax;
           ++log) {
        if (filter.wanted.matches(*log)) {
          JsonWriter writer(filter.removed.emplace_back());
          write_evm_log(writer, chain_, *log, true);
        }
      }
    }
    filter.next = from;
  }
}

MethodReply EvmFilters::pending_changes(Filter& filter) const {
  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_array();
  for (; filter.next < chain_.sent().size(); ++filter.next) {
    writer.string(to_hex(chain_.sent()[filter.next]));
  }
  writer.end_array();
  return reply;
}

MethodReply EvmFilters::logs(std::string_view id, Millis now) {
  Filter* filter = find(id, now);
  if (filter == nullptr || filter->kind != Kind::kLogs) {
    return not_found();
  }
  const uint64_t head = chain_.head(now);
  const uint64_t last = filter->range.is_open ? head : std::min(head, filter->range.last);
  return find_logs(chain_, filter->wanted, filter->range.first, last);
}

MethodReply EvmFilters::remove(std::string_view id) {
  const auto found = filters_.find(id);
  if (found == filters_.end()) {
    return MethodReply::result("false");
  }
  filters_.erase(found);
  return MethodReply::result("true");
}

}  // namespace sidecar

#include "mock/mock_stats.h"

#include "rpc/json_writer.h"

namespace sidecar {

void MockStats::count_call(std::string_view method_label, std::string_view id) {
  ++calls;
  const auto found = by_method.find(method_label);
  if (found == by_method.end()) {
    by_method.emplace(method_label, 1);
  } else {
    ++found->second;
  }
  if (last_ids.size() == kIdsKept) {
    last_ids.pop_front();
  }
  last_ids.emplace_back(id.size() > kIdBytesMax ? "\"too long to keep\"" : id);
}

std::string MockStats::json(std::string_view about) const {
  std::string out = "{" + std::string(about);
  JsonWriter writer(out);
  writer.key("requests").number(requests).key("batches").number(batches);
  writer.key("calls").number(calls).key("notifications").number(notifications);
  writer.key("invalid").number(invalid).key("by_method").begin_object();
  for (const auto& [method, count] : by_method) {
    writer.key(method).number(count);
  }
  writer.end_object()
      .key("transactions")
      .raw(transactions.json())
      .key("connections")
      .begin_object();
  writer.key("open").number(connections_open).key("total").number(connections_total);
  writer.key("turned_away").number(connections_turned_away).end_object();
  writer.key("in_flight").begin_object().key("now").number(in_flight);
  writer.key("max").number(in_flight_max).end_object().key("left_early").number(left_early);
  writer.key("failures_injected").begin_object().key("http_503").number(failed_with_503);
  writer.key("cut").number(failed_with_cut).key("internal_error").number(failed_with_error);
  writer.key("total").number(failed_with_503 + failed_with_cut + failed_with_error).end_object();
  writer.key("ws").raw(sockets.json());
  writer.key("last_ids").begin_array();
  for (const std::string& id : last_ids) {
    writer.raw(id);
  }
  writer.end_array();
  out += "}\n";
  return out;
}

}  // namespace sidecar

#include "mock/socket_stats.h"

#include "rpc/json_writer.h"

namespace sidecar {

std::string SocketStats::json() const {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().key("open").number(open).key("total").number(total);
  writer.key("refused").number(refused).key("messages").number(messages);
  writer.key("events_sent").number(events_sent).key("events_withheld").number(events_withheld);
  writer.key("subscriptions_open").number(open_now());
  writer.key("subscriptions_open_max_per_key").number(open_max_per_key);
  writer.key("subscriptions_open_by_kind").begin_object();
  for (const auto& [kind, count] : open_by_kind) {
    writer.key(kind).number(count);
  }
  writer.end_object().key("subscriptions").begin_object().key("opened").number(opened);
  writer.key("unsubscribed").number(unsubscribed).key("leaked").number(leaked);
  writer.key("cut").number(cut).key("over").number(over).end_object().end_object();
  return out;
}

}  // namespace sidecar

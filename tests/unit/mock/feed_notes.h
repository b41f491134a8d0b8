#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "mock/feed_sink.h"
#include "rpc/json_value.h"

namespace sidecar::testing {

/// Writes down what feeds tell.
class FeedNotes final : public FeedSink {
 public:
  void on_feed_results(SubscriptionNumber subscription, std::vector<std::string> results,
                       bool is_last) override {
    ended += is_last ? 1 : 0;
    for (std::string& result : results) {
      order.push_back(subscription);
      texts.push_back(std::move(result));
    }
    if (on_told) {
      on_told(subscription);
    }
  }
  /// What one subscription was told since the last call of this or forget().
  std::vector<JsonValue> take(SubscriptionNumber subscription) {
    std::vector<JsonValue> taken;
    for (size_t i = 0; i < order.size(); ++i) {
      if (order[i] == subscription) {
        taken.push_back(JsonValue::parse(texts[i]).value_or(JsonValue()));
      }
    }
    forget();
    return taken;
  }
  void forget() {
    order.clear();
    texts.clear();
  }

  std::vector<SubscriptionNumber> order;
  std::vector<std::string> texts;
  size_t ended = 0;
  std::function<void(SubscriptionNumber)> on_told;
};

}  // namespace sidecar::testing

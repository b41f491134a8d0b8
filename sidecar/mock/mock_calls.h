#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "mock/method_reply.h"
#include "mock/mock_faults.h"
#include "mock/mock_node.h"
#include "mock/mock_options.h"
#include "mock/mock_stats.h"
#include "rpc/envelope.h"

namespace sidecar {

/// The answer to one HTTP POST.
struct MockAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string more_headers;  ///< whole lines
  std::string body;
  bool is_cut = false;      ///< no answer: the connection ends
  uint64_t blob_bytes = 0;  ///< filler that goes between `body` and `body_end`
  std::string body_end;
  Millis wait{0};  ///< that the calls in it asked for
};

/// What becomes of the calls in a POST.
enum class CallsAre {
  kAnswered,
  kFailed,   ///< carried out and answered with an internal error (-32603)
  kCounted,  ///< and that is all; there is no answer
};

/// From the text of a POST to the text of its answer: single calls, batches, notifications, the
/// family's methods, and methods for tests. These are taken in both families:
///   mock_echo  any params          answers its params
///   mock_sleep [ms]                answers true after so long, at most 10 min
///   mock_error [code, message]     answers that error; with a third element that is its data
///   mock_blob  [bytes]             answers a string of so many letters, at most 1 GiB, streamed;
///                                  in a batch at most 1 MiB
///   mock_raw   [status, text]      answers HTTP with that status and body, of type
///                                  application/json or the third element; not in a batch
/// In a batch the longest mock_sleep holds the whole answer.
/// Units: `now` is time since the Unix epoch.
/// Limits: kBatchMax calls in a batch.  Owner: MockProvider, by value.
class MockCalls {
 public:
  static constexpr size_t kBatchMax = 1'000;
  static constexpr uint64_t kBlobBytesMax = 1u << 30;
  static constexpr uint64_t kBlobBytesMaxInBatch = 1u << 20;
  static constexpr Millis kSleepMax{10 * 60 * 1'000};

  /// `faults` and `stats` outlive this.
  MockCalls(const MockOptions& options, Millis genesis_unix, MockFaults& faults, MockStats& stats);

  /// Takes calls before the node does; nullopt leaves them to it. Subscriptions, on a WebSocket.
  using Desk =
      std::function<std::optional<MethodReply>(std::string_view method, const JsonValue& params)>;

  MockAnswer answer(std::string_view text, CallsAre calls, Millis now, const Desk& desk = {});
  MockNode& node() { return node_; }
  /// The newest block or slot, as a sound node has it.
  uint64_t head(Millis now) const { return node_.head(now); }

  /// The methods of the calls in a POST; none for what is no request.
  static std::vector<std::string> methods_in(std::string_view text);

  static void append_blob(std::string& out, uint64_t bytes);
  /// The filler of a blob from any offset that is a multiple of kBlobPatternBytes.
  static std::string_view blob_pattern();
  static constexpr size_t kBlobPatternBytes = 26 * 2'520;

 private:
  /// What a call comes to: a reply, or what only the methods for tests do.
  struct Outturn {
    MethodReply reply = {};
    Millis wait{0};
    std::optional<uint64_t> blob_bytes = std::nullopt;
    bool is_raw = false;
    int raw_status = 200;
    std::string raw_type = "application/json";
    int status = 200;
    bool has_wrong_id = false;
  };

  std::optional<Outturn> call(const RequestView& request, const CallFaults& faults, Millis now);
  std::optional<Outturn> control(std::string_view method, const JsonValue& params);
  void count(const RequestView& request, std::string_view label);
  Outturn run(const RequestView& request, CallsAre calls, Millis now);
  void add_member(MockAnswer& answer, std::string_view text, CallsAre calls, Millis now);
  MockAnswer single(std::string_view text, CallsAre calls, Millis now);
  MockAnswer batch(std::string_view text, CallsAre calls, Millis now);

  MockFaults& faults_;
  MockStats& stats_;
  MockNode node_;
  const Desk* desk_ = nullptr;  ///< within answer()
};

}  // namespace sidecar

#include "rpc/compact.h"

#include <algorithm>

#include "fuzz_input.h"
#include "rpc/json_text.h"
#include "rpc/json_value.h"
#include "rpc/scanner.h"

namespace sidecar::testing {
namespace {

bool is_json(const std::string& text) {
  JsonScanner scanner;
  const size_t end = scanner.feed(text).consumed;
  return scanner.finish() == ScanStatus::kDone && skip_whitespace(text, end) == text.size();
}

/// A reader who counts braces over all bytes must find the message's end at its end, no sooner.
void require_counted_right(const std::string& text) {
  const std::string message = "{\"result\":" + text + "}";
  int level = 0;
  for (size_t i = 0; i < message.size(); ++i) {
    level += message[i] == '{' ? 1 : message[i] == '}' ? -1 : 0;
    require((level == 0) == (i + 1 == message.size()));
  }
}

std::string value_of(const std::string& text) {
  std::string out;
  const auto value = JsonValue::parse(text);
  if (value.has_value()) {  // a number past a double's range is not
    value->write(out);
  }
  return out;
}

}  // namespace
}  // namespace sidecar::testing

/// The same value on one ASCII line, for any split; and no harm from what is not JSON.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sidecar;
  using namespace sidecar::testing;
  const FuzzInput input(data, size);
  CompactWriter writer;
  std::string out;
  for (size_t at = 0; at < input.text.size(); at += input.piece_bytes) {
    const std::vector<char> piece = input.piece(at);
    writer.write({piece.data(), piece.size()}, out);
  }
  require(out.size() <= 6 * input.text.size());
  if (!is_json(input.text)) {
    return 0;
  }
  std::string whole;
  append_compact(whole, input.text);
  require(out == whole);
  require(is_json(out) && value_of(out) == value_of(input.text));
  require(std::all_of(out.begin(), out.end(),
                      [](char byte) { return static_cast<signed char>(byte) >= ' '; }));
  require_counted_right(out);
  return 0;
}

#include "rpc/text_stream.h"

#include <vector>

#include "fuzz_input.h"

namespace sidecar::testing {
namespace {

using Event = TextStream::Event;

struct Told {
  std::vector<std::string> texts;
  Event end = Event::kNeedMore;
  uint64_t fault_offset = 0;
  bool is_between_texts = true;

  bool operator==(const Told&) const = default;
};

constexpr TextStream::Options kOptions{.text_bytes_max = 4096, .depth_max = 32, .elements_max = 4};

Told told(const FuzzInput& input, size_t piece_bytes, bool holds) {
  TextStream stream(kOptions);
  Told told;
  for (size_t at = 0; at < input.text.size() && told.end == Event::kNeedMore; at += piece_bytes) {
    std::string piece = input.text.substr(at, piece_bytes);
    stream.feed(piece);
    TextStream::Step step = stream.next();
    while (step.event == Event::kText) {
      require(stream.scanner().status() == ScanStatus::kDone);
      require(stream.scanner().root().slice(step.text) == step.text);
      told.texts.emplace_back(step.text);
      if (holds) {
        stream.hold();
        piece.assign(piece.size(), '!');
      }
      step = stream.next();
    }
    told.end = step.event;
  }
  told.fault_offset = told.end == Event::kBadText ? stream.fault_offset() : 0;
  told.is_between_texts = stream.is_between_texts();
  require(stream.kept_bytes() <= kOptions.text_bytes_max);
  require(stream.fault_text().empty() == (told.end == Event::kNeedMore));
  return told;
}

}  // namespace
}  // namespace sidecar::testing

/// However a stream is split, and whether or not its reader stops between texts, the same texts
/// come out and the same fault ends it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sidecar::testing;
  const FuzzInput input(data, size);
  const Told whole = told(input, input.text.size() + 1, false);
  require(told(input, input.piece_bytes, false) == whole);
  require(told(input, input.piece_bytes, true) == whole);
  return 0;
}

#include "rpc/scanner.h"

#include "fuzz_input.h"
#include "rpc/json_text.h"
#include "rpc/rapidjson_reader.h"

namespace sidecar::testing {
namespace {

constexpr JsonScanner::Options kOptions{.depth_max = 64, .elements_max = 16};

rapidjson::ParseErrorCode rapidjson_error(const std::string& text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::BaseReaderHandler<> ignore;
  rapidjson::Reader reader;
  return reader.Parse<kRapidJsonFlags>(stream, ignore).Code();
}

bool is_same(const JsonSpan& a, const JsonSpan& b) {
  return a.begin == b.begin && a.end == b.end && a.first == b.first;
}

void require_same(const JsonScanner& whole, const JsonScanner& pieces) {
  require(whole.status() == pieces.status());
  require(whole.error() == pieces.error());
  require(whole.offset() == pieces.offset());
  require(whole.child_count() == pieces.child_count());
  require(whole.id_lexeme() == pieces.id_lexeme());
  require(is_same(whole.root(), pieces.root()));
  for (size_t i = 0; i < kMemberKeyCount; ++i) {
    const auto key = static_cast<MemberKey>(i);
    require(is_same(whole.member(key), pieces.member(key)));
    require(whole.is_duplicate(key) == pieces.is_duplicate(key));
  }
  require(whole.elements().size() == pieces.elements().size());
  for (size_t i = 0; i < whole.elements().size(); ++i) {
    require(is_same(whole.elements()[i], pieces.elements()[i]));
  }
}

/// Each reported span is one JSON text by itself.
void require_text(const JsonSpan& span, const std::string& text) {
  if (span.is_complete()) {
    JsonScanner inner(kOptions);
    const std::string_view slice = span.slice(text);
    inner.feed(slice);
    require(inner.finish() == ScanStatus::kDone && inner.offset() == slice.size());
  }
}

/// Where Debian 12's RapidJSON differs: lone low surrogates, NUL taken for the end, numbers past a
/// double; and our cap on depth.
void require_agreement(const JsonScanner& scanner, const std::string& text) {
  const bool is_ours = scanner.status() == ScanStatus::kDone &&
                       skip_whitespace(text, static_cast<size_t>(scanner.offset())) == text.size();
  const rapidjson::ParseErrorCode theirs = rapidjson_error(text);
  if (is_ours) {
    require(theirs == rapidjson::kParseErrorNone || theirs == rapidjson::kParseErrorNumberTooBig);
  } else if (scanner.error() != ScanError::kLoneSurrogate &&
             scanner.error() != ScanError::kTooDeep && text.find('\0') == std::string::npos) {
    require(theirs != rapidjson::kParseErrorNone);
  }
}

}  // namespace
}  // namespace sidecar::testing

/// Any split of a text gives the same verdict and spans, and RapidJSON's verdict is ours.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sidecar;
  using namespace sidecar::testing;
  const FuzzInput input(data, size);
  JsonScanner whole(kOptions);
  whole.feed(input.text);
  whole.finish();
  JsonScanner pieces(kOptions);
  for (size_t at = 0; at < input.text.size(); at += input.piece_bytes) {
    const std::vector<char> piece = input.piece(at);
    pieces.feed({piece.data(), piece.size()});
  }
  pieces.finish();
  require_same(whole, pieces);
  require_agreement(whole, input.text);
  for (size_t i = 0; i < kMemberKeyCount; ++i) {
    require_text(whole.member(static_cast<MemberKey>(i)), input.text);
  }
  for (const JsonSpan& element : whole.elements()) {
    require_text(element, input.text);
  }
  return 0;
}

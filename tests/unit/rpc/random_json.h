#pragma once

#include <cstdlib>
#include <random>
#include <string>

namespace sidecar::testing {

/// The seed of a random test: RPCS_TEST_SEED when set, so that a failure can be run again. Print
/// it.
inline uint32_t test_seed() {
  const char* text = std::getenv("RPCS_TEST_SEED");
  return text != nullptr ? static_cast<uint32_t>(std::strtoul(text, nullptr, 10))
                         : std::random_device()();
}

/// Makes JSON texts of every kind of token, with white space in odd places, and spoils them.
class RandomJson {
 public:
  explicit RandomJson(uint32_t seed) : rng_(seed) {}

  std::string document() {
    std::string out;
    value(out, 0);
    return out;
  }

  /// An object or array at the top, as messages have.
  std::string container() {
    std::string out;
    chance(2) ? object(out, 0) : array(out, 0);
    return out;
  }

  /// One to three small changes: bytes put in, taken out, overwritten, swapped or cut off.
  std::string spoil(std::string text) {
    static constexpr char kBytes[] = "{}[]\",:\\u0019eE+-.tfn \n\t\x01\x7f\x80\xbf\xc3\xed\xf4\xff";
    for (size_t changes = 1 + below(3); changes > 0 && !text.empty(); --changes) {
      const size_t at = below(text.size());
      const char byte = kBytes[below(sizeof kBytes - 1)];
      switch (below(5)) {
        case 0:
          text.insert(at, 1, byte);
          break;
        case 1:
          text.erase(at, 1 + below(3));
          break;
        case 2:
          text[at] = byte;
          break;
        case 3:
          std::swap(text[at], text[below(text.size())]);
          break;
        default:
          text.resize(at);
      }
    }
    return text;
  }

  size_t below(size_t limit) { return rng_() % limit; }
  bool chance(size_t one_in) { return below(one_in) == 0; }

 private:
  static constexpr int kDepthMax = 6;

  void value(std::string& out, int depth) {
    space(out);
    switch (below(depth < kDepthMax ? 7 : 5)) {
      case 0:
        out += "null";
        break;
      case 1:
        out += chance(2) ? "true" : "false";
        break;
      case 2:
        number(out);
        break;
      case 3:
      case 4:
        string(out);
        break;
      case 5:
        object(out, depth);
        break;
      default:
        array(out, depth);
    }
    space(out);
  }

  void object(std::string& out, int depth) {
    static constexpr const char* kKeys[] = {"jsonrpc", "id",   "method",      "params",  "result",
                                            "error",   "code", "deadline_ms", "\\u0069d"};
    out += '{';
    for (size_t i = 0, count = below(5); i < count; ++i) {
      out += i == 0 ? "" : ",";
      space(out);
      if (chance(2)) {
        out.append("\"").append(kKeys[below(std::size(kKeys))]).append("\"");
      } else {
        string(out);
      }
      space(out);
      out += ':';
      value(out, depth + 1);
    }
    space(out);
    out += '}';
  }

  void array(std::string& out, int depth) {
    out += '[';
    for (size_t i = 0, count = below(5); i < count; ++i) {
      out += i == 0 ? "" : ",";
      value(out, depth + 1);
    }
    space(out);
    out += ']';
  }

  void string(std::string& out) {
    static constexpr const char* kPieces[] = {"a",
                                              "0xdeadbeef",
                                              "{",
                                              "}",
                                              "}{",
                                              "{}",
                                              "\\\"",
                                              "\\\\",
                                              "\\/",
                                              "\\n",
                                              "\\u00e9",
                                              "\\ud83d\\ude00",
                                              "\\u007b",
                                              "\\u0000",
                                              "\x7f",
                                              "~|",
                                              "\xc3\xa9",
                                              "\xe2\x82\xac",
                                              "\xed\x9f\xbf",
                                              "\xf0\x9f\x98\x80",
                                              "\xf4\x8f\xbf\xbf",
                                              "0123456789abcdef0123456789abcdef"};
    out += '"';
    for (size_t i = 0, count = below(8); i < count; ++i) {
      out += kPieces[below(std::size(kPieces))];
    }
    out += '"';
  }

  void number(std::string& out) {
    static constexpr const char* kNumbers[] = {"0",
                                               "-0",
                                               "7",
                                               "-12",
                                               "20.0",
                                               "0.05",
                                               "1e5",
                                               "1E+9",
                                               "2.5e-7",
                                               "1.10",
                                               "-0.0",
                                               "9007199254740993",
                                               "18446744073709551615"};
    out += kNumbers[below(std::size(kNumbers))];
  }

  void space(std::string& out) {
    if (chance(6)) {
      out.append(1 + below(3), " \n\r\t"[below(4)]);
    }
  }

  std::mt19937 rng_;
};

}  // namespace sidecar::testing

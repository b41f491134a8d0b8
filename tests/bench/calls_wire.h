#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sidecar::testing {

enum class Dialect { kFramed, kJsonIpc, kHttp, kWs };

/// One connection of a load generator in one dialect: writes calls, cuts whole answers off the
/// bytes that came back, and refuses every answer that is not the one to its call. Not: it holds no
/// socket. Calls are small, so an answer is looked at only when it is whole. Shape: greet once;
/// when that wrote anything, cut until kGreeted; then call and cut. Errors: cut says kBad for ever,
/// fault says why.
class Wire {
 public:
  enum class Cut { kAnswer, kGreeted, kNeedMore, kBad };

  /// `path` is for http and ws. `salt` makes the params of this program's calls its own, so that
  /// neither a cache nor a shared flight could answer them.
  Wire(Dialect dialect, std::string path, uint64_t salt);

  /// False when the dialect begins with a call.
  bool greet(std::string& out) const;
  /// eth_getBalance of an account made from salt and id; the origin answers with that account.
  /// Requires: id > 0.
  void call(uint64_t id, std::string& out) const;
  /// Takes one message off the front of `in`; *id is set for kAnswer.
  Cut cut(std::string_view& in, uint64_t* id);

  const std::string& fault() const { return fault_; }

 private:
  Cut cut_framed(std::string_view& in, uint64_t* id);
  Cut cut_line(std::string_view& in, uint64_t* id);
  Cut cut_http(std::string_view& in, uint64_t* id);
  Cut cut_ws(std::string_view& in, uint64_t* id);
  Cut check_response(std::string_view text, uint64_t* id);
  Cut check_result(std::string_view result, uint64_t id);
  Cut bad(std::string_view what, std::string_view bytes);
  void append_account(uint64_t id, std::string& out) const;
  void append_request(uint64_t id, std::string& out) const;

  Dialect dialect_;
  std::string path_;
  uint64_t salt_;
  bool is_greeted_ = false;
  std::string fault_;
};

}  // namespace sidecar::testing

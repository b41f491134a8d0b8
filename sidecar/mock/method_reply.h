#pragma once

#include <string>
#include <string_view>

namespace sidecar {

/// What a mock node answers to one call: a result value or an error object, as JSON.
struct MethodReply {
  bool is_error = false;
  std::string json;

  static MethodReply result(std::string json) { return {false, std::move(json)}; }
  static MethodReply text_result(std::string_view text);
  /// `data` is JSON; empty = the member is left out.
  static MethodReply error(int code, std::string_view message, std::string_view data = {});
  static MethodReply invalid_params(std::string_view message);
};

}  // namespace sidecar

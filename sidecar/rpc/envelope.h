#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rpc/scanner.h"

namespace sidecar {

/// JSON-RPC 2.0 messages as slices of their text: which are calls, which are replies, what is wrong
/// with the others, and how ours are written. Ids, params, results and errors are never converted:
/// they are handed on as the bytes that came, so number precision, key order and id type survive.
/// Views point into the text that was parsed and live as long as it does.
/// Source: jsonrpc.org/specification; geth's rpc/json.go where the specification is silent.

enum class RequestKind : uint8_t {
  kCall,
  kNotification,  // no id: nothing is ever answered
  kInvalid,       // answer with `code` and `fault` under `id`
};

struct RequestView {
  RequestKind kind = RequestKind::kInvalid;
  int code = 0;             // kInvalid: -32700 or -32600
  std::string_view fault;   // kInvalid: what is wrong, a static text
  std::string_view id;      // the lexeme, `"a"`, `1.0`, `null`; kInvalid without usable id: `null`
  std::string method;       // unescaped
  std::string_view params;  // an array or object; empty = absent, which `"params":null` means too
};

/// One request object. A batch's elements come through here one by one.
RequestView parse_request(std::string_view text, uint16_t depth_max = 256);
/// The same without a second scan.
/// Requires: `scanner` is done with exactly `text`.
RequestView parse_request(std::string_view text, const JsonScanner& scanner);

/// The payload of a framed CALL: the id is the frame's, so the call and what the worker asks of it
/// are all that counts.
struct CallView {
  std::string_view fault;  // empty = sound, else a static text for a -32700 or -32600 answer
  int code = 0;
  std::string method;
  std::string_view params;
  std::optional<uint64_t> deadline_ms;
  std::string provider;  // unescaped; empty = any
  bool explain = false;
};
CallView parse_call(std::string_view text, uint16_t depth_max = 256);

enum class BatchFault : uint8_t { kNone, kParseError, kNotArray, kEmpty, kTooLong };

struct BatchView {
  BatchFault fault = BatchFault::kNone;
  std::string_view detail;              // kParseError: what is wrong, a static text
  std::vector<std::string_view> items;  // in order; empty unless fault is kNone
};

/// True when the first byte that is not white space is `[`.
bool is_batch(std::string_view text);
BatchView split_batch(std::string_view text, size_t items_max, uint16_t depth_max = 256);
/// Requires: `scanner` is done with exactly `text` and had elements_max >= items_max.
BatchView split_batch(std::string_view text, const JsonScanner& scanner, size_t items_max);

enum class ResponseKind : uint8_t { kResult, kError, kNotification, kBad };

enum class ResponseFault : uint8_t {
  kNone,
  kEmptyText,
  kNotJson,  // not well-formed, too deep, truncated
  kTrailingBytes,
  kNotObject,
  kDuplicateMember,
  kResultAndError,  // even when one of them is null
  kNeither,
  kErrorNotObject,
};
std::string_view response_fault_text(ResponseFault fault);

struct ResponseView {
  ResponseKind kind = ResponseKind::kBad;
  ResponseFault fault = ResponseFault::kNone;  // why kBad
  std::string_view id;                         // the lexeme; empty = absent
  std::string_view result;                     // kResult
  std::string_view error;                      // kError: an object
  std::string method;                          // kNotification
  std::string_view params;                     // kNotification; empty = absent
};

ResponseView parse_response(std::string_view text);
/// Requires: `scanner` is done with exactly `text`.
ResponseView parse_response(std::string_view text, const JsonScanner& scanner);

struct ResponseVerdict {
  ResponseKind kind = ResponseKind::kBad;
  ResponseFault fault = ResponseFault::kNone;
};
/// The same judgement for a channel that streamed the bytes through and kept none.
/// Requires: scanner.status() == kDone; the caller looks for trailing bytes itself.
ResponseVerdict judge_response(const JsonScanner& scanner);

/// `{"jsonrpc":"2.0","id":ID,"method":"M","params":P}`. Absent params are written as `[]`: every
/// node takes that, while some refuse a request without the member. No member is ever added.
void append_request(std::string& out, uint64_t id, std::string_view method,
                    std::string_view params);
/// `{"jsonrpc":"2.0","id":ID,`: a channel that re-sends a call writes this before a kept tail.
void append_request_head(std::string& out, uint64_t id);
/// `"method":"M","params":P}`, the part that is the same on every attempt.
void append_request_tail(std::string& out, std::string_view method, std::string_view params);

/// `{"jsonrpc":"2.0","id":ID,"result":`, to be followed by the value, whole or in pieces, and `}`.
void append_result_head(std::string& out, std::string_view id);
void append_result_reply(std::string& out, std::string_view id, std::string_view result);
/// `error` is a whole error object, the provider's own or one of rpc_error.h.
void append_error_reply(std::string& out, std::string_view id, std::string_view error);

}  // namespace sidecar

#pragma once

#include <string>
#include <string_view>

#include "core/types.h"

namespace sidecar {

/// Of every document: true for the moment, and JSON whatever a browser may think of its bytes.
inline constexpr std::string_view kDocumentHeaders =
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n";

/// How REST says that something is wrong.
struct RestError {
  int status = 500;
  std::string name;      ///< NOT_FOUND, or the name of an error of ours (rpc/rpc_error.h)
  std::string message;   ///< a sentence for people
  std::string rpc = {};  ///< the JSON-RPC error object that led here; empty = none
};

/// {"error":{"status":404,"name":"NOT_FOUND","message":"...","rpc":{...}}}
std::string rest_error_json(const RestError& error);

/// What a call's JSON-RPC error is in HTTP: ours by its name, a provider's by its code; 502 when it
/// says nothing about the request itself.
RestError rest_error_of(Family family, std::string_view error_object);

}  // namespace sidecar

#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace sidecar {

/// What kind of thing went wrong; the text for people is in Error::detail.
enum class Errc {
  kInvalid,      ///< input that breaks a rule
  kNotFound,     ///< a named thing is not there
  kInUse,        ///< someone else holds it
  kPermission,   ///< the system said no
  kLimit,        ///< a configured limit was reached
  kUnavailable,  ///< the other side cannot be reached
  kSystem,       ///< any other error of the operating system
};

/// A failure as a value: a code to act on and a sentence to show.
struct Error {
  Errc code = Errc::kInvalid;
  std::string detail;
};

/// Either a T or an Error.
/// Requires: value() only when ok(), error() only when not; both are checked.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  T& value() & {
    CHECK(ok());
    return *std::get_if<T>(&state_);
  }
  const T& value() const& {
    CHECK(ok());
    return *std::get_if<T>(&state_);
  }
  T&& value() && {
    CHECK(ok());
    return std::move(*std::get_if<T>(&state_));
  }
  const Error& error() const {
    CHECK(!ok());
    return *std::get_if<Error>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

/// Success carries nothing.
struct Done {};
using Status = Result<Done>;

}  // namespace sidecar

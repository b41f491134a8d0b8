#include "config/substitution.h"

#include <algorithm>
#include <utility>

#include "base/result.h"

namespace sidecar {
namespace {

constexpr std::string_view kCredentialPrefix = "CRED:";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && !is_digit(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

// systemd's rule for a credential's name, which keeps it inside its directory.
bool is_credential_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
         });
}

void drop_new_line(std::string& text) {
  if (!text.empty() && text.back() == '\n') {
    text.pop_back();
    if (!text.empty() && text.back() == '\r') {
      text.pop_back();
    }
  }
}

}  // namespace

Expanded Substitution::expand(std::string_view text) const {
  Expanded out;
  while (!text.empty()) {
    const size_t plain = std::min(text.find('$'), text.size());
    out.text += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.starts_with("$$")) {
      out.text += '$';
      text.remove_prefix(2);
      continue;
    }
    if (text.empty()) {
      break;
    }
    const size_t close = text.find('}');
    if (!text.starts_with("${") || close == std::string_view::npos) {
      out.faults.push_back(text.starts_with("${")
                               ? "a `${` is not closed; write ${NAME}, or $$ for a dollar sign"
                               : "a lone `$`; write ${NAME} for a variable, or $$ for the sign");
      break;
    }
    const auto value = look_up(text.substr(2, close - 2), out);
    text.remove_prefix(close + 1);
    if (value) {
      out.substituted_at = out.substituted_at.value_or(out.text.size());
      out.text += *value;
    }
  }
  return out;
}

std::optional<std::string> Substitution::look_up(std::string_view name, Expanded& out) const {
  if (name.starts_with(kCredentialPrefix)) {
    return read_credential(name.substr(kCredentialPrefix.size()), out);
  }
  if (!is_variable_name(name)) {
    // The text is not repeated: it may be a piece of a key that happens to hold `${`.
    out.faults.push_back(
        "a `${...}` holds no variable's name; write ${NAME}, ${CRED:name}, or $$ " +
        std::string("for a dollar sign"));
    return std::nullopt;
  }
  const auto found = environment_.find(name);
  if (found == environment_.end() || found->second.empty()) {
    out.faults.push_back("${" + std::string(name) + "} is " +
                         (found == environment_.end() ? "not set" : "empty") +
                         " in the environment; set " + std::string(name));
    return std::nullopt;
  }
  return found->second;
}

std::optional<std::string> Substitution::read_credential(std::string_view name,
                                                         Expanded& out) const {
  if (!is_credential_name(name)) {
    out.faults.push_back(
        "a `${CRED:...}` holds no credential's name; write a file's name, of letters, digits and "
        "any of `_-.`, without a directory");
    return std::nullopt;
  }
  const std::string shown = "${CRED:" + std::string(name) + "}";
  const std::vector<Place> places = credential_places();
  if (places.empty()) {
    out.faults.push_back(shown +
                         " has no directory to be in; set LoadCredential= in the unit, or " +
                         "credentials_dir");
    return std::nullopt;
  }
  std::string places_text;
  for (const Place& place : places) {
    Result<std::string> text = read_guarded_file(place.dir + "/" + std::string(name), place.rules);
    if (text.ok()) {
      drop_new_line(text.value());
      if (!text.value().empty()) {
        return std::move(text).value();
      }
      out.faults.push_back(shown + " in " + std::string(place.name) + " is empty");
      return std::nullopt;
    }
    if (text.error().code != Errc::kNotFound) {
      out.faults.push_back(shown + " in " + std::string(place.name) + ": " + text.error().detail);
      return std::nullopt;
    }
    places_text += (places_text.empty() ? "" : " nor in ") + std::string(place.name);
  }
  out.faults.push_back(shown + " is not in " + places_text + "; put the key into a file named " +
                       std::string(name) + " there");
  return std::nullopt;
}

std::vector<Substitution::Place> Substitution::credential_places() const {
  std::vector<Place> places;
  const auto service = environment_.find(std::string_view("CREDENTIALS_DIRECTORY"));
  if (service != environment_.end() && !service->second.empty()) {
    places.push_back({"$CREDENTIALS_DIRECTORY", service->second, service_credential_rules()});
  }
  if (!credentials_dir_.empty()) {
    places.push_back({"credentials_dir", credentials_dir_, own_credential_rules()});
  }
  return places;
}

}  // namespace sidecar

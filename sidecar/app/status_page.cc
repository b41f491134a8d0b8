#include "app/status_page.h"

#include <sys/random.h>

#include <array>
#include <string_view>

#include "app/status_page_html.h"
#include "base/check.h"

namespace sidecar {

namespace {

constexpr std::string_view kPlace = "{nonce}";

}  // namespace

StatusPage status_page(const std::string& nonce) {
  StatusPage page;
  std::string_view rest = kStatusPageHtml;
  for (size_t at = rest.find(kPlace); at != std::string_view::npos; at = rest.find(kPlace)) {
    page.html.append(rest.substr(0, at)).append(nonce);
    rest.remove_prefix(at + kPlace.size());
  }
  page.html += rest;
  page.headers = "Content-Security-Policy: default-src 'none'; style-src 'nonce-" + nonce +
                 "'; script-src 'nonce-" + nonce +
                 "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
                 "frame-ancestors 'none'; require-trusted-types-for 'script'\r\n"
                 "Referrer-Policy: no-referrer\r\n"
                 "Cross-Origin-Opener-Policy: same-origin\r\n"
                 "Cross-Origin-Resource-Policy: same-origin\r\n";
  return page;
}

std::string new_nonce() {
  std::array<unsigned char, 16> bytes{};
  CHECK(::getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string nonce;
  for (const unsigned char byte : bytes) {
    nonce += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return nonce;
}

}  // namespace sidecar

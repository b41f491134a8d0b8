#include "app/admin.h"

#include <array>
#include <string>

#include "app/status_report.h"

namespace sidecar {

namespace {

struct AdminRow {
  std::string_view method;
  std::string (*answer)(const StatusReport& status);
};

constexpr std::array<AdminRow, 1> kRows{{
    {"sidecar_status", [](const StatusReport& status) { return status.json(); }},
}};

}  // namespace

CallId Admin::submit(const Request& request) {
  for (const AdminRow& row : kRows) {
    if (row.method == request.method) {
      const std::string answer = row.answer(status_);
      downstream_.on_reply(request.session, request.token, {Reply::Kind::kResult, answer});
      return 0;
    }
  }
  return calls_.submit(request);
}

}  // namespace sidecar

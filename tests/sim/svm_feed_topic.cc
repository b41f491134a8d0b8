#include "tests/sim/svm_feed_topic.h"

#include "rpc/json_walk.h"

namespace sidecar::testing {

std::string SvmFeedTopic::method() const {
  switch (kind) {
    case SvmFeedKind::kLogs:
    case SvmFeedKind::kAllLogs:
      return "logsSubscribe";
    case SvmFeedKind::kAccount:
      return "accountSubscribe";
    case SvmFeedKind::kProgram:
      return "programSubscribe";
    case SvmFeedKind::kSignature:
      return "signatureSubscribe";
    case SvmFeedKind::kSlot:
      return "slotSubscribe";
    case SvmFeedKind::kRoot:
      return "rootSubscribe";
    case SvmFeedKind::kBlock:
      return "blockSubscribe";
  }
  return "";
}

std::string SvmFeedTopic::params() const {
  std::string subject;
  switch (kind) {
    case SvmFeedKind::kSlot:
    case SvmFeedKind::kRoot:
      return "[]";
    case SvmFeedKind::kLogs:
      subject = "{\"mentions\":[\"" + SvmFeedChain::name_of(account) + "\"]}";
      break;
    case SvmFeedKind::kAllLogs:
    case SvmFeedKind::kBlock:
      subject = "\"all\"";
      break;
    case SvmFeedKind::kAccount:
      subject = '"' + SvmFeedChain::name_of(account) + '"';
      break;
    case SvmFeedKind::kProgram:
      subject = "\"Prog\"";
      break;
    case SvmFeedKind::kSignature:
      subject = '"' + signature + '"';
      break;
  }
  return "[" + subject + ",{\"commitment\":\"" + std::string(svm_level_name(level)) + "\"}]";
}

SvmFeedTopic SvmFeedTopic::parse(std::string_view method, std::string_view params) {
  SvmFeedTopic topic;
  const bool is_logs = method == "logsSubscribe";
  const bool has_mention = params.find("mentions") != std::string_view::npos;
  topic.level = svm_level_of(params);
  topic.kind = is_logs ? (has_mention ? SvmFeedKind::kLogs : SvmFeedKind::kAllLogs)
               : method == "accountSubscribe"   ? SvmFeedKind::kAccount
               : method == "programSubscribe"   ? SvmFeedKind::kProgram
               : method == "signatureSubscribe" ? SvmFeedKind::kSignature
               : method == "slotSubscribe"      ? SvmFeedKind::kSlot
               : method == "rootSubscribe"      ? SvmFeedKind::kRoot
                                                : SvmFeedKind::kBlock;
  if (const size_t at = params.find("Acc"); at != std::string_view::npos) {
    topic.account = static_cast<size_t>(params[at + 3] - '0');
  }
  if (topic.kind == SvmFeedKind::kSignature) {
    topic.signature = json_plain_string(json_first_element(params));
  }
  return topic;
}

}  // namespace sidecar::testing

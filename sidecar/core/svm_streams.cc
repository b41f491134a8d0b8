#include "core/svm_streams.h"

#include "core/svm_account_stream.h"
#include "core/svm_block_stream.h"
#include "core/svm_logs_stream.h"
#include "core/svm_passing_stream.h"
#include "core/svm_program_stream.h"
#include "core/svm_root_stream.h"
#include "core/svm_signature_stream.h"
#include "core/svm_slot_stream.h"

namespace sidecar {

std::unique_ptr<EventStream> make_svm_stream(const FeedSpec& spec, const StreamOptions& options,
                                             StreamOut& out) {
  switch (spec.kind) {
    case FeedKind::kAccount:
      return std::make_unique<SvmAccountStream>(spec.params, options, out);
    case FeedKind::kProgram:
      return std::make_unique<SvmProgramStream>(spec.params, options, out);
    case FeedKind::kSvmLogs:
      return std::make_unique<SvmLogsStream>(spec.params, options, out);
    case FeedKind::kSignature:
      return std::make_unique<SvmSignatureStream>(spec.params, options, out);
    case FeedKind::kSlot:
      return std::make_unique<SvmSlotStream>(options, out);
    case FeedKind::kRoot:
      return std::make_unique<SvmRootStream>(options, out);
    case FeedKind::kBlock:
      return std::make_unique<SvmBlockStream>(spec.params, options, out);
    case FeedKind::kVote:
    case FeedKind::kSlotsUpdates:
      return std::make_unique<SvmPassingStream>(spec.kind, options, out);
    case FeedKind::kHeads:
    case FeedKind::kLogs:
    case FeedKind::kPendingHashes:
    case FeedKind::kPendingTransactions:
    case FeedKind::kSyncing:
      break;
  }
  return nullptr;
}

}  // namespace sidecar

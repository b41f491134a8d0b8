#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/ports.h"
#include "core/types.h"
#include "downstream/http_views.h"
#include "downstream/session.h"

namespace sidecar {

/// A block or slot number as people write it: decimal, or hexadecimal after 0x.
std::optional<uint64_t> parse_block_number(std::string_view text);

/// One question about a block, asked like any worker's call, its answer given as REST.
/// Shape: asked [-> asked again: on Solana the newest slot comes first] -> over.
/// Limits: of the call it is. Owner: SessionTable. Requires: calls and out outlive it.
class BlockQuestion final : public Session {
 public:
  struct Wish {
    ChainInfo chain;
    std::optional<uint64_t> number;  ///< none: the latest
    bool is_full = false;            ///< whole transactions, not only their hashes or signatures
  };
  /// Where the answer goes.
  struct Asker {
    ViewId id = 0;
    ViewOut& out;
  };
  /// `on_over` is called once, perhaps inside ask(); the session is to be removed on a later turn.
  BlockQuestion(CallPort& calls, AccessPort& access, Asker asker, Wish wish,
                std::function<void()> on_over);

  /// Requires: `own` is this session's id in the table.
  void ask(SessionId own);
  /// Who asked left.
  void on_gone();

  void on_reply(uint64_t token, const Reply& reply) override;
  Flow on_reply_part(uint64_t, std::string_view) override { return Flow::kDropped; }
  void on_shutdown() override;

 private:
  void submit(std::string_view method, const std::string& params);
  void ask_block(uint64_t slot);
  void take_slot(std::string_view slot);
  void answer(const Reply& reply);
  void fail(int status, std::string_view name, std::string_view message);
  void finish(int status, std::string_view body);

  CallPort& calls_;
  AccessPort& access_;
  Asker asker_;
  Wish wish_;
  std::function<void()> on_over_;
  SessionId own_ = 0;
  CallId call_ = 0;
  Quota::Place place_;
  bool awaits_slot_ = false;
  bool is_over_ = false;
};

}  // namespace sidecar

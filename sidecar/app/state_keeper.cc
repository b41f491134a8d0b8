#include "app/state_keeper.h"

#include <utility>

#include "app/state_file.h"
#include "app/warm_state.h"
#include "base/log.h"

namespace sidecar {

StateKeeper::StateKeeper(Loop& loop, const StateOptions& options,
                         const std::vector<std::unique_ptr<Pool>>& pools, CostLedger& ledger)
    : options_(options),
      clock_(loop),
      pools_(pools),
      ledger_(ledger),
      file_(loop, options.dir + "/state"),
      timer_(loop.make_timer([this]() { on_due(); })) {}

void StateKeeper::restore() {
  const auto json = read_state_file(file_.path());
  if (!json.ok() && json.error().code == Errc::kNotFound) {
    return;
  }
  const auto state = json.ok() ? parse_warm_state(json.value()) : std::nullopt;
  if (!state) {
    log::warn("state_ignored", log::kv("file", file_.path()),
              log::kv("why", json.ok() ? "it does not hold what it should" : json.error().detail));
    return;
  }
  ledger_.restore(state->ledger);
  size_t restored = 0;
  for (const auto& pool : pools_) {
    for (const PoolMemory& memory : state->pools) {
      if (memory.chain == pool->chain().name) {
        pool->restore(memory);
        ++restored;
      }
    }
  }
  log::info("state_restored", log::kv("file", file_.path()), log::kv("chains", restored));
}

void StateKeeper::start() {
  timer_->arm(clock_.now() + options_.interval);
}

void StateKeeper::on_due() {
  timer_->arm(clock_.now() + options_.interval);
  if (file_.is_idle()) {
    write();
  }
}

void StateKeeper::write() {
  const Instant began = clock_.now();
  WarmState state;
  state.ledger = ledger_.memory();
  for (const auto& pool : pools_) {
    state.pools.push_back(pool->memory());
  }
  std::string bytes = seal_state(warm_state_json(state, kSoftBytes));
  if (log::is_on(log::Level::kDebug)) {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(clock_.now() - began);
    log::debug("state_made", log::kv("bytes", bytes.size()), log::kv("took_us", took.count()));
  }
  file_.write(std::move(bytes), [this](const Status& written) { on_written(written); });
}

void StateKeeper::on_written(const Status& written) {
  if (!written.ok() && !std::exchange(has_failed_, true)) {
    log::warn("state_not_saved", log::kv("why", written.error().detail));
  }
  if (written.ok() && std::exchange(has_failed_, false)) {
    log::info("state_saved_again", log::kv("file", file_.path()));
  }
  if (!on_finished_) {
    return;
  }
  if (!std::exchange(is_last_written_, true)) {
    write();  // what was under way did not have the last of it
    return;
  }
  std::exchange(on_finished_, nullptr)();
}

void StateKeeper::finish(std::function<void()> done) {
  timer_->cancel();
  on_finished_ = std::move(done);
  if (file_.is_idle()) {
    is_last_written_ = true;
    write();
  }
}

}  // namespace sidecar

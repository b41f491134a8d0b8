#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "base/result.h"
#include "base/timers.h"

struct uv_loop_s;

namespace sidecar {

/// Work that is saved up during a loop turn and done once, before the loop waits again.
class TurnEnd {
 public:
  virtual void on_turn_end() = 0;

 protected:
  ~TurnEnd() = default;
};

/// The one event loop of the process (libuv), as clock, timer maker and turn keeper.
/// Not: it owns no sockets; net/ classes put their handles on raw().
/// Owner: main or a test, outlives everything that was given it. One thread.
class Loop : public Timers {
 public:
  static Result<std::unique_ptr<Loop>> create();
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop() or until nothing is left to wait for.
  void run();
  /// Runs what is ready without waiting; for tests and for closing down.
  void run_ready();
  void stop();

  /// Calls `work` once on a later turn, never inside post().
  void post(std::function<void()> work);
  /// Calls `due` once at the end of this turn. Requires: it stays alive until then or is forgotten.
  void at_turn_end(TurnEnd& due);
  void forget_turn_end(TurnEnd& due);

  Instant now() const override;
  Millis unix_now() const override;
  std::unique_ptr<Timer> make_timer(std::function<void()> on_due) override;

  uv_loop_s* raw();
  /// A scratch buffer shared by all readers on this loop; its bytes live until the next read.
  char* read_buffer();
  static constexpr size_t kReadBufferBytes = 256 * 1024;

  /// Output of all streams that the kernel has not taken; they tell.
  void note_output(size_t before, size_t after) { output_bytes_ += after - before; }
  size_t output_bytes() const { return output_bytes_; }

  /// How long turns took, from wake-up to end: what came in the meantime waited for so long.
  const Histogram& turns() const { return turns_; }

  /// Empty strings that kept their memory, so that an idle connection holds none.
  std::string take_buffer();
  void give_back(std::string buffer);

 private:
  struct Handles;
  explicit Loop(std::unique_ptr<Handles> handles);
  void on_turn_over();
  void run_turn_end();
  void measure_turn();
  void run_posted();

  std::unique_ptr<Handles> handles_;
  std::vector<TurnEnd*> turn_ends_;
  std::vector<std::function<void()>> posted_;
  std::vector<std::string> buffers_;
  std::unique_ptr<char[]> read_buffer_;
  size_t output_bytes_ = 0;
  Histogram turns_{kTurnBounds};
  uint64_t turn_ended_ns_ = 0;  ///< 0 before the first
  uint64_t idle_ns_ = 0;        ///< waited in all turns before
};

}  // namespace sidecar

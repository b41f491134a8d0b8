#include "net/loop.h"

#include <uv.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

namespace sidecar {

namespace {

constexpr size_t kBuffersKept = 64;
constexpr size_t kBufferBytesKept = 64 * 1024;
constexpr int kLookupWaitMax = 100;  // milliseconds
constexpr int kTurnsToClose = 12;    // twice what net/ws_dialer.h needs

/// The uv_timer_t of one Timer; freed in its close callback, so it may outlive the Timer.
struct TimerHandle {
  uv_timer_t timer;
  std::function<void()> on_due;
};

class LoopTimer final : public Timer {
 public:
  LoopTimer(uv_loop_t* loop, std::function<void()> on_due)
      : handle_(new TimerHandle{{}, std::move(on_due)}) {
    uv_timer_init(loop, &handle_->timer);
    handle_->timer.data = handle_;
  }

  ~LoopTimer() override {
    uv_close(reinterpret_cast<uv_handle_t*>(&handle_->timer),
             [](uv_handle_t* handle) { delete static_cast<TimerHandle*>(handle->data); });
  }

  void arm(Instant when) override {
    const Nanos ahead = when - Instant(Nanos(uv_hrtime()));
    // Rounded up: a timer that fires early would find nothing due and spin.
    const auto delay = std::chrono::ceil<Millis>(std::max(ahead, Nanos(0)));
    uv_update_time(handle_->timer.loop);
    uv_timer_start(
        &handle_->timer,
        [](uv_timer_t* timer) { static_cast<TimerHandle*>(timer->data)->on_due(); },
        static_cast<uint64_t>(delay.count()), 0);
  }

  void cancel() override { uv_timer_stop(&handle_->timer); }

 private:
  TimerHandle* handle_;
};

}  // namespace

struct Loop::Handles {
  uv_loop_t loop;
  uv_prepare_t turn_end;
  uv_idle_t posted;
};

Result<std::unique_ptr<Loop>> Loop::create() {
  auto handles = std::make_unique<Handles>();
  if (const int rc = uv_loop_init(&handles->loop); rc != 0) {
    return Error{Errc::kSystem, std::string("event loop: ") + uv_strerror(rc)};
  }
  if (const int rc = uv_loop_configure(&handles->loop, UV_METRICS_IDLE_TIME); rc != 0) {
    return Error{Errc::kSystem, std::string("event loop: ") + uv_strerror(rc)};
  }
  // A peer that left is a failed write, not the end of the process; libuv leaves that to us.
  std::signal(SIGPIPE, SIG_IGN);
  uv_prepare_init(&handles->loop, &handles->turn_end);
  uv_idle_init(&handles->loop, &handles->posted);
  return std::unique_ptr<Loop>(new Loop(std::move(handles)));
}

Loop::Loop(std::unique_ptr<Handles> handles)
    : handles_(std::move(handles)), read_buffer_(new char[kReadBufferBytes]) {
  handles_->turn_end.data = this;
  handles_->posted.data = this;
  uv_prepare_start(&handles_->turn_end,
                   [](uv_prepare_t* handle) { static_cast<Loop*>(handle->data)->on_turn_over(); });
  uv_unref(reinterpret_cast<uv_handle_t*>(&handles_->turn_end));
}

Loop::~Loop() {
  // Posted steps may own what waits for its close callback, and closing may take several of them.
  for (int turn = 0; turn < kTurnsToClose; ++turn) {
    uv_run(&handles_->loop, UV_RUN_NOWAIT);
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->turn_end), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->posted), nullptr);
  // Lets the close callbacks of everything already closed run. A handle that is still open here
  // is an owner that outlives the loop: uv_loop_close says so.
  for (int turn = 0; turn < 16 && uv_run(&handles_->loop, UV_RUN_NOWAIT) != 0; ++turn) {
  }
  // A name may still be looked up in one of libuv's threads; mostly it is found soon.
  for (int wait = 0; wait < kLookupWaitMax && uv_loop_alive(&handles_->loop) != 0; ++wait) {
    uv_sleep(1);
    uv_run(&handles_->loop, UV_RUN_NOWAIT);
  }
  if (uv_loop_close(&handles_->loop) != 0) {
    uv_walk(
        &handles_->loop, [](uv_handle_t*, void*) { CHECK(false); }, nullptr);
    // Nobody waits for that name, and nobody knows when it comes: the thread is left what it points
    // to.
    (void)handles_.release();
  }
}

void Loop::run() {
  uv_run(&handles_->loop, UV_RUN_DEFAULT);
}

void Loop::run_ready() {
  uv_run(&handles_->loop, UV_RUN_NOWAIT);
}

void Loop::stop() {
  uv_stop(&handles_->loop);
}

void Loop::post(std::function<void()> work) {
  posted_.push_back(std::move(work));
  uv_idle_start(&handles_->posted,
                [](uv_idle_t* handle) { static_cast<Loop*>(handle->data)->run_posted(); });
}

void Loop::at_turn_end(TurnEnd& due) {
  turn_ends_.push_back(&due);
  uv_ref(reinterpret_cast<uv_handle_t*>(&handles_->turn_end));  // a loop with work due is alive
}

void Loop::forget_turn_end(TurnEnd& due) {
  std::replace(turn_ends_.begin(), turn_ends_.end(), &due, static_cast<TurnEnd*>(nullptr));
}

void Loop::run_posted() {
  uv_idle_stop(&handles_->posted);
  std::vector<std::function<void()>> batch;
  batch.swap(posted_);
  for (const auto& work : batch) {
    work();
  }
}

void Loop::on_turn_over() {
  run_turn_end();
  measure_turn();
}

/// A turn is all that was not waiting since the last one ended.
void Loop::measure_turn() {
  const uint64_t now_ns = uv_hrtime();
  const uint64_t idle_ns = uv_metrics_idle_time(&handles_->loop);
  if (turn_ended_ns_ != 0) {
    const uint64_t waited_ns = idle_ns - idle_ns_;
    const uint64_t passed_ns = now_ns - turn_ended_ns_;
    turns_.add(Nanos(passed_ns > waited_ns ? passed_ns - waited_ns : 0));
  }
  turn_ended_ns_ = now_ns;
  idle_ns_ = idle_ns;
}

void Loop::run_turn_end() {
  // By index: what runs may add more, and may forget an entry that is still to come.
  for (size_t i = 0; i < turn_ends_.size(); ++i) {
    if (TurnEnd* due = std::exchange(turn_ends_[i], nullptr)) {
      due->on_turn_end();
    }
  }
  turn_ends_.clear();
  uv_unref(reinterpret_cast<uv_handle_t*>(&handles_->turn_end));
}

Millis Loop::unix_now() const {
  return std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch());
}

Instant Loop::now() const {
  return Instant(Nanos(uv_hrtime()));
}

std::unique_ptr<Timer> Loop::make_timer(std::function<void()> on_due) {
  return std::make_unique<LoopTimer>(&handles_->loop, std::move(on_due));
}

uv_loop_s* Loop::raw() {
  return &handles_->loop;
}

char* Loop::read_buffer() {
  return read_buffer_.get();
}

std::string Loop::take_buffer() {
  if (buffers_.empty()) {
    return {};
  }
  std::string buffer = std::move(buffers_.back());
  buffers_.pop_back();
  return buffer;
}

void Loop::give_back(std::string buffer) {
  if (buffers_.size() >= kBuffersKept || buffer.capacity() > kBufferBytesKept) {
    return;
  }
  buffer.clear();
  buffers_.push_back(std::move(buffer));
}

}  // namespace sidecar

#include "base/rt/conn_timer.h"

#include <utility>

#include "base/core/check.h"
#include "base/rt/conn_state.h"
#include "base/rt/loop.h"

namespace multiaz::rt {

void ConnTimer::start(uint64_t ms, uint64_t repeat_ms, Then then) {
  if (!timer_) {
    timer_ = new uv_timer_t;
    CHECK(uv_timer_init(uv_loop_raw(), timer_) == 0);
    timer_->data = this;
    conn_.ref();
  }
  then_ = then;
  uv_update_time(uv_loop_raw());
  uv_timer_start(
      timer_,
      [](uv_timer_t* timer) {
        const auto& self = *static_cast<ConnTimer*>(timer->data);
        self.then_(self.conn_);
      },
      ms, repeat_ms);
}

void ConnTimer::stop() {
  if (timer_) uv_timer_stop(timer_);
}

void ConnTimer::close() {
  if (!timer_) return;
  uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(timer_, nullptr)), [](uv_handle_t* handle) {
    Conn::State& conn = static_cast<ConnTimer*>(handle->data)->conn_;
    delete reinterpret_cast<uv_timer_t*>(handle);
    conn.unref();
  });
}

}  // namespace multiaz::rt

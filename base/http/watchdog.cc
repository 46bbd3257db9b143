#include "base/http/watchdog.h"

namespace multiaz::http {

Watchdog::Watchdog(rt::Conn& conn)
    : conn_(conn), timer_([this] {
        fired_ = true;
        if (last_answer_) conn_.send(last_answer_());
        conn_.close(Code::kTimeout, "the peer was silent for too long");
      }) {}

void Watchdog::arm(uint64_t ms, LastAnswer last_answer) {
  last_answer_ = last_answer;
  timer_.start(ms);
}

}  // namespace multiaz::http

#include "base/http/watchdog.h"

namespace multiaz::http {

Watchdog::Watchdog(rt::Conn& conn)
    : conn_(conn), timer_([this] {
        fired_ = true;
        if (last_words_) conn_.send(last_words_());
        conn_.close(Code::kTimeout, "the peer was silent for too long");
      }) {}

void Watchdog::arm(uint64_t ms, LastWords last_words) {
  last_words_ = last_words;
  timer_.start(ms);
}

}  // namespace multiaz::http

// ClientAnswer: an answer of a target on its way to the client: its head, its body in the framing
// that this client gets, and its end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/rt/conn.h"
#include "base/rt/task.h"
#include "base/wire/http.h"

namespace multiaz::lb {

class ClientAnswer {
 public:
  // REQUIRES: the connection outlives it.
  explicit ClientAnswer(rt::Conn& client) : client_(client) {}

  void open(const wire::http::ResponseHead& head);
  void append(std::string_view piece);
  void finish();  // the body is complete
  bool full() const;
  // Sends what was written, and waits while the client is slow; meanwhile the target has no
  // deadline. False when the client takes nothing for `idle_ms`, or is gone.
  rt::Task<bool> flush(rt::Conn& target, uint64_t idle_ms);
  // Sends what was written, without waiting; false when the client is gone.
  bool send_rest() { return client_.send(out_); }
  // Where the end of the connection ends the body, an orderly end would look complete; a reset does
  // not.
  void end_unfinished();
  uint64_t flushed_bytes() const { return flushed_bytes_; }

 private:
  rt::Conn& client_;
  bool chunked_ = false;      // the body goes to the client in chunks
  bool until_close_ = false;  // the end of the connection ends the body
  std::string out_;           // bytes for the client
  uint64_t flushed_bytes_ = 0;
};

}  // namespace multiaz::lb

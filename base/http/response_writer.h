// ResponseWriter: how a streaming handler sends its body.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/core/result.h"
#include "base/rt/conn.h"
#include "base/rt/stop.h"
#include "base/rt/task.h"

namespace multiaz::http {

class ResponseWriter {
 public:
  ResponseWriter(rt::Conn& conn, bool chunked, uint64_t write_ms, rt::Stop& stop);

  // Sends one piece now; waits while the client reads slowly (back-pressure). An error means that
  // the client has gone: the handler then returns. An empty piece sends nothing.
  rt::Task<Status> write(std::string_view piece);
  // Whether the client has left. Streams that may be silent for long should ask now and then.
  [[nodiscard]] bool gone() const;
  // Requested when the server drains: a stream without an end should end then.
  rt::Stop& stopping() { return stop_; }
  [[nodiscard]] uint64_t bytes_written() const { return bytes_; }

 private:
  rt::Conn& conn_;
  bool chunked_;
  uint64_t write_ms_;
  rt::Stop& stop_;
  uint64_t bytes_ = 0;
};

}  // namespace multiaz::http

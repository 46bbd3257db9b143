// What a streaming handler pushes its body into.
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

  // Sends one piece now; waits while the client is slow to read (back-pressure). An error means
  // that nobody reads any more: return then. Empty pieces send nothing.
  rt::Task<Status> write(std::string_view piece);
  // The client has left. Streams that may be silent for long should look now and then.
  [[nodiscard]] bool gone() const;
  // Requested when the server drains: streams without an end should end then.
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

#include "base/http/response_writer.h"

#include <string>

#include "base/http/linger.h"
#include "base/wire/http.h"

namespace multiaz::http {

ResponseWriter::ResponseWriter(rt::Conn& conn, bool chunked, uint64_t write_ms, rt::Stop& stop)
    : conn_(conn), chunked_(chunked), write_ms_(write_ms), stop_(stop) {}

rt::Task<Status> ResponseWriter::write(std::string_view piece) {
  if (piece.empty()) co_return Status();
  bytes_ += piece.size();
  std::string framed;
  if (chunked_) {
    wire::http::write_chunk(piece, framed);
    piece = framed;
  }
  const Status written = co_await write_all(conn_, piece, write_ms_);
  co_return written;
}

bool ResponseWriter::gone() const {
  return conn_.closed() || conn_.at_eof();
}

}  // namespace multiaz::http

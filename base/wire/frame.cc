#include "base/wire/frame.h"

#include "base/wire/bytes.h"

namespace multiaz::wire {
namespace {

size_t announced(std::string_view in) {
  return get_big(in, 0, kFrameHeaderBytes);
}

}  // namespace

Result<std::optional<Frame>> decode_frame(std::string_view in, size_t bytes_max) {
  if (in.size() < kFrameHeaderBytes) return std::optional<Frame>();
  const size_t bytes = announced(in);
  if (bytes > bytes_max)
    return Error(Code::kLimit, "frame of " + std::to_string(bytes) + " bytes, at most " +
                                   std::to_string(bytes_max) + " are allowed");
  if (in.size() - kFrameHeaderBytes < bytes) return std::optional<Frame>();
  return std::optional(Frame{in.substr(kFrameHeaderBytes, bytes), kFrameHeaderBytes + bytes});
}

size_t begin_frame(std::string& out) {
  out.append(kFrameHeaderBytes, '\0');
  return out.size() - kFrameHeaderBytes;
}

void end_frame(size_t header_at, std::string& out) {
  CHECK(header_at + kFrameHeaderBytes <= out.size());
  const size_t bytes = out.size() - header_at - kFrameHeaderBytes;
  CHECK(bytes <= kFrameBytesMax);
  set_big(bytes, kFrameHeaderBytes, header_at, out);
}

void write_frame(std::string_view payload, std::string& out) {
  const size_t header_at = begin_frame(out);
  out += payload;
  end_frame(header_at, out);
}

}  // namespace multiaz::wire

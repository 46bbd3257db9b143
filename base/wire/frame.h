// Length-prefixed frames: a 32-bit big-endian length, then as many bytes. The control protocol and
// the replication links use them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace multiaz::wire {

constexpr size_t kFrameHeaderBytes = 4;
constexpr size_t kFrameBytesMax = 64 * 1024 * 1024;

struct Frame {
  std::string_view payload;  // a view into the decoded buffer
  size_t consumed = 0;       // bytes of header and payload
};

// The first frame of the buffer; nullopt when more bytes are needed. kLimit as soon as the header
// announces more than bytes_max: the connection cannot go on.
Result<std::optional<Frame>> decode_frame(std::string_view in, size_t bytes_max = kFrameBytesMax);

// Appends header and payload. REQUIRES: payload.size() <= kFrameBytesMax.
void write_frame(std::string_view payload, std::string& out);
// For payloads built in place: reserves the header and returns its offset; end_frame fills it in.
size_t begin_frame(std::string& out);
void end_frame(size_t header_at, std::string& out);

}  // namespace multiaz::wire

#include "base/wire/http_body.h"

#include <algorithm>

namespace multiaz::wire::http {
namespace {

constexpr size_t kChunkSizeDigitsMax = 15;  // below 2^60: no overflow

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

}  // namespace

void BodyDecoder::start(BodyKind kind, uint64_t content_length, Reading reading) {
  *this = BodyDecoder();
  kind_ = kind;
  reading_ = reading;
  left_ = kind == BodyKind::kLength ? content_length : 0;
}

Result<BodyPiece> BodyDecoder::feed(std::string_view bytes) {
  switch (kind_) {
    case BodyKind::kNone: return BodyPiece{{}, 0, true};
    case BodyKind::kUntilClose: return BodyPiece{bytes, bytes.size(), false};
    case BodyKind::kChunked: return feed_chunked(bytes);
    case BodyKind::kLength: break;
  }
  if (left_ == 0) return BodyPiece{{}, 0, true};
  const auto data = bytes.substr(0, left_);
  left_ -= data.size();
  return BodyPiece{data, data.size(), false};
}

Result<BodyPiece> BodyDecoder::feed_chunked(std::string_view bytes) {
  size_t at = 0;
  while (!complete_ && at < bytes.size()) {
    if (chunk_ == Chunk::kData) {
      const auto data = bytes.substr(at, left_);
      left_ -= data.size();
      if (left_ == 0) chunk_ = Chunk::kDataCr;
      return BodyPiece{data, at + data.size(), false};
    }
    auto taken = take(bytes[at++]);
    if (!taken) return taken.error();
  }
  return BodyPiece{{}, at, complete_};
}

bool BodyDecoder::tolerates() {
  loose_ = loose_ || reading_ == Reading::kLenient;
  return loose_;
}

Status BodyDecoder::take(char c) {
  switch (chunk_) {
    case Chunk::kSize:
    case Chunk::kSizeBlank: return take_size(c);
    case Chunk::kExtension: return take_extension(c);
    case Chunk::kSizeLf: return c == '\n' ? end_size_line() : Error(Code::kInvalid, "bare CR");
    case Chunk::kDataCr:
      if (c == '\n' && tolerates()) return end_data();
      if (c != '\r') return Error(Code::kInvalid, "chunk data is longer than its size");
      chunk_ = Chunk::kDataLf;
      return {};
    case Chunk::kDataLf: return c == '\n' ? end_data() : Error(Code::kInvalid, "bare CR");
    case Chunk::kTrailer:
    case Chunk::kTrailerLf: return take_trailer(c);
    case Chunk::kData: break;
  }
  return Error(Code::kInternal, "chunk state");
}

Status BodyDecoder::take_size(char c) {
  if (++line_bytes_ > kLooseChunkLineBytesMax) return Error(Code::kLimit, "chunk line too long");
  const int digit = chunk_ == Chunk::kSize ? hex_value(c) : -1;
  if (digit >= 0) {
    const bool zero = left_ == 0 && digit == 0;
    ++digits_;
    // Leading zeros say nothing, but they are what a reader with a short number is confused by.
    if (digits_ > kChunkSizeDigitsMax && !tolerates()) {
      return Error(Code::kInvalid, "chunk size too large");
    }
    if (!zero && ++value_digits_ > kChunkSizeDigitsMax) {
      return Error(Code::kInvalid, "chunk size too large");
    }
    left_ = left_ * 16 + static_cast<uint64_t>(digit);
    return {};
  }
  if (digits_ == 0) return Error(Code::kInvalid, "chunk size is not a hex number");
  if (c == '\n' && tolerates()) return end_size_line();
  if ((c == ' ' || c == '\t') && tolerates()) {
    chunk_ = Chunk::kSizeBlank;
    return {};
  }
  if (c != '\r' && c != ';') return Error(Code::kInvalid, "chunk size is not a hex number");
  chunk_ = c == '\r' ? Chunk::kSizeLf : Chunk::kExtension;
  return {};
}

Status BodyDecoder::take_extension(char c) {
  ++line_bytes_;
  if (line_bytes_ > kLooseChunkLineBytesMax || (line_bytes_ > kChunkLineBytesMax && !tolerates())) {
    return Error(Code::kLimit, "chunk line too long");
  }
  if (c == '\n' && tolerates()) return end_size_line();
  if (c == '\r') {
    chunk_ = Chunk::kSizeLf;
  } else if (is_control(c)) {
    return Error(Code::kInvalid, "control byte in a chunk extension");
  }
  return {};
}

Status BodyDecoder::end_size_line() {
  chunk_ = left_ == 0 ? Chunk::kTrailer : Chunk::kData;
  trailer_line_ = 0;
  return {};
}

Status BodyDecoder::end_data() {
  chunk_ = Chunk::kSize;
  digits_ = value_digits_ = line_bytes_ = 0;
  return {};
}

Status BodyDecoder::end_trailer_line() {
  if (trailer_line_ > 0 && !trailer_colon_) return Error(Code::kInvalid, "trailer without colon");
  complete_ = trailer_line_ == 0;
  chunk_ = Chunk::kTrailer;
  trailer_line_ = 0;
  trailer_colon_ = false;
  return {};
}

Status BodyDecoder::take_trailer(char c) {
  if (chunk_ == Chunk::kTrailerLf) {
    return c == '\n' ? end_trailer_line() : Error(Code::kInvalid, "bare CR");
  }
  if (c == '\n' && tolerates()) return end_trailer_line();
  if (c == '\r') {
    chunk_ = Chunk::kTrailerLf;
    return {};
  }
  if (is_control(c)) return Error(Code::kInvalid, "control byte in a trailer");
  ++trailer_bytes_;
  if (trailer_bytes_ > kLooseTrailerBytesMax ||
      (trailer_bytes_ > kTrailerBytesMax && !tolerates())) {
    return Error(Code::kLimit, "trailers too large");
  }
  const bool blank = c == ' ' || c == '\t';
  // A line that begins with a blank goes on with the trailer before, which is dropped like it.
  const bool fold = blank && trailer_line_ == 0 && trailer_bytes_ > 1;
  if (fold && tolerates()) trailer_colon_ = true;
  if (!trailer_colon_ && blank) return Error(Code::kInvalid, "space in a trailer's name");
  if (c == ':' && trailer_line_ > 0) trailer_colon_ = true;
  ++trailer_line_;
  return {};
}

}  // namespace multiaz::wire::http

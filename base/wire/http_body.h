// Finds the end of an HTTP/1 body, whatever its framing, without keeping any of it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/core/result.h"
#include "base/wire/http.h"

namespace multiaz::wire::http {

// size and extensions (which are ignored), as a strict parser reads them and a lenient one
constexpr size_t kChunkLineBytesMax = 256;
constexpr size_t kLooseChunkLineBytesMax = 16 * 1024;
// trailers are checked, counted and dropped
constexpr size_t kTrailerBytesMax = 8 * 1024;
constexpr size_t kLooseTrailerBytesMax = 64 * 1024;

struct BodyPiece {
  std::string_view data;  // when empty, this step has nothing to pass on
  size_t consumed = 0;
  bool complete = false;  // the body ended with the consumed bytes
};

class BodyDecoder {
 public:
  void start(BodyKind kind, uint64_t content_length, Reading reading = Reading::kStrict);
  // Takes bytes up to the end of one piece of data or of the body. When data is empty and complete
  // is false, it has consumed all bytes and needs more.
  Result<BodyPiece> feed(std::string_view bytes);
  // Tells that the connection has ended; true when that ends the body.
  [[nodiscard]] bool ends_with_connection() const { return kind_ == BodyKind::kUntilClose; }
  // Whether a strict decoder would have refused this body: chunk lines that end in LF, have blanks
  // or long extensions.
  [[nodiscard]] bool loose() const { return loose_; }

 private:
  enum class Chunk {
    kSize,
    kSizeBlank,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailer,
    kTrailerLf
  };
  Result<BodyPiece> feed_chunked(std::string_view bytes);
  // Takes one byte of chunk framing.
  Status take(char c);
  Status take_size(char c);
  Status take_extension(char c);
  Status take_trailer(char c);
  Status end_size_line();
  Status end_data();
  Status end_trailer_line();
  // True in a lenient decoder, which notes that it took what a strict one refuses.
  [[nodiscard]] bool tolerates();

  BodyKind kind_ = BodyKind::kNone;
  Reading reading_ = Reading::kStrict;
  bool loose_ = false;
  uint64_t left_ = 0;  // remaining bytes of the body (kLength) or of the chunk
  Chunk chunk_ = Chunk::kSize;
  size_t line_bytes_ = 0;     // bytes of the size line
  size_t digits_ = 0;         // digits of the chunk size
  size_t value_digits_ = 0;   // without the leading zeros
  size_t trailer_bytes_ = 0;  // bytes of all trailers
  size_t trailer_line_ = 0;   // bytes of this trailer line
  bool trailer_colon_ = false;
  bool complete_ = false;
};

}  // namespace multiaz::wire::http

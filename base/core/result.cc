#include "base/core/result.h"

#include <cstdio>
#include <cstdlib>

namespace multiaz {

std::string_view to_string(Code code) {
  switch (code) {
    case Code::kOk: return "ok";
    case Code::kInvalid: return "invalid";
    case Code::kNotFound: return "not found";
    case Code::kConflict: return "conflict";
    case Code::kUnavailable: return "unavailable";
    case Code::kTimeout: return "timeout";
    case Code::kClosed: return "closed";
    case Code::kCancelled: return "cancelled";
    case Code::kLimit: return "limit";
    case Code::kIo: return "i/o error";
    case Code::kExhausted: return "exhausted";
    case Code::kDenied: return "denied";
    case Code::kCorrupt: return "corrupt";
    case Code::kInternal: return "internal error";
  }
  return "unknown";
}

std::string Error::text() const {
  std::string out(to_string(code));
  if (!detail.empty()) out += ": " + detail;
  return out;
}

void check_failed(const char* file, int line, const char* expression, std::string_view note) {
  std::fprintf(stderr, "CHECK failed at %s:%d: %s%s%.*s\n", file, line, expression,
               note.empty() ? "" : ": ", static_cast<int>(note.size()), note.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace multiaz

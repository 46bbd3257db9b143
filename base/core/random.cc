#include "base/core/random.h"

#include <sys/random.h>

#include <vector>

#include "base/core/check.h"

namespace multiaz {

namespace {
void fill(void* out, size_t size) {
  CHECK(getrandom(out, size, 0) == static_cast<ssize_t>(size));
}
}  // namespace

std::string secret_hex(size_t bytes) {
  CHECK(bytes > 0 && bytes <= 256);
  std::vector<unsigned char> raw(bytes);
  fill(raw.data(), raw.size());
  std::string out;
  for (const unsigned char byte : raw) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

uint64_t secret_u64() {
  uint64_t value = 0;
  fill(&value, sizeof value);
  return value;
}

}  // namespace multiaz

#include "base/core/random.h"

#include <sys/random.h>

#include <array>
#include <cstring>

#include "base/core/check.h"

namespace multiaz {

namespace {
// Bytes of the kernel, fetched many at a time. Each is handed out once and erased, so that no later
// reader of the memory finds a secret.
struct Supply {
  std::array<unsigned char, 256> bytes;
  size_t left = 0;
};

void fill(void* out, size_t size) {
  thread_local Supply supply;
  CHECK(size <= supply.bytes.size());
  if (supply.left < size) {
    const size_t all = supply.bytes.size();  // the kernel gives up to 256 bytes at once
    CHECK(getrandom(supply.bytes.data(), all, 0) == static_cast<ssize_t>(all));
    supply.left = all;
  }
  supply.left -= size;
  std::memcpy(out, supply.bytes.data() + supply.left, size);
  explicit_bzero(supply.bytes.data() + supply.left, size);
}
}  // namespace

std::string secret_hex(size_t bytes) {
  CHECK(bytes > 0 && bytes <= 256);
  std::array<unsigned char, 256> raw;
  fill(raw.data(), bytes);
  std::string out;
  out.reserve(2 * bytes);
  for (size_t i = 0; i < bytes; ++i) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[raw[i] >> 4];
    out += kDigits[raw[i] & 15];
  }
  return out;
}

uint64_t secret_u64() {
  uint64_t value = 0;
  fill(&value, sizeof value);
  return value;
}

}  // namespace multiaz

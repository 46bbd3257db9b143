// Any bytes from a replication link, and any text as a stored view: reading never crashes, and
// accepted input is written the same way again.
#include <cstdlib>

#include "replication/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace multiaz::replication;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto view = restore_view(bytes);
  if (view && !(*restore_view(describe(*view)) == *view)) abort();
  const auto message = decode(bytes);
  if (!message) return 0;
  const std::string written = encode(*message);
  const auto again = decode(written);
  if (!again || encode(*again) != written) abort();
  return 0;
}

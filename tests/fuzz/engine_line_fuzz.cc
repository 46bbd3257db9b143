// Any bytes as lines between members of a group with a foreign engine.
#include <cstdlib>
#include <string>

#include "enginenode/lines.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace multiaz::enginenode;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  size_t letters = 0;
  for (const std::string& word : words_of(bytes)) {
    if (word.empty() || word.find(' ') != std::string::npos) abort();
    letters += word.size();
  }
  if (letters > bytes.size()) abort();
  if (const auto asked = parse_lease(bytes)) {
    const std::string again = "lease " + std::to_string(asked->epoch.raw) + " " + asked->number;
    const auto same = parse_lease(again);
    if (!same || same->epoch != asked->epoch || same->number != asked->number) abort();
  }
  return 0;
}

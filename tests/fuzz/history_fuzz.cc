// Any bytes as a history.jsonl: it is read, or refused with the number of a line. What was read can
// be written, and reads back the same.
#include <algorithm>
#include <string>

#include "base/core/check.h"
#include "chaos/checkers/history.h"
#include "chaos/checkers/registers.h"
#include "chaos/checkers/sets.h"

using namespace multiaz::chaos;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto history = read_history(bytes);
  if (!history) {
    CHECK(history.error().detail.starts_with("line "));
    return 0;
  }
  (void)judge_registers(*history);
  (void)judge_sets(*history);
  (void)to_edn(*history);
  const std::string text = write_history(*history);
  const auto again = read_history(text);
  if (again) CHECK(again->size() == history->size());
  return 0;
}

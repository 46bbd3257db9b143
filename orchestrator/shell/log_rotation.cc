#include "orchestrator/shell/log_rotation.h"

#include <filesystem>

#include "base/core/paths.h"

namespace multiaz::orchestrator {

namespace fs = std::filesystem;

int rotate_logs(const std::string& folder, uint64_t bytes_max) {
  int rotated = 0;
  std::error_code failed;
  for (const fs::path& entry : entries_of(folder)) {
    if (entry.extension() != ".log") continue;
    const auto bytes = fs::file_size(entry, failed);
    if (failed || bytes <= bytes_max) continue;
    const fs::path old = entry.string() + ".1";
    fs::copy_file(entry, old, fs::copy_options::overwrite_existing, failed);
    if (failed) continue;
    fs::resize_file(entry, 0, failed);
    if (!failed) ++rotated;
  }
  return rotated;
}

}  // namespace multiaz::orchestrator

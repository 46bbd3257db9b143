#include "orchestrator/shell/log_rotation.h"

#include <filesystem>

namespace multiaz::orchestrator {

namespace fs = std::filesystem;

int rotate_logs(const std::string& folder, uint64_t bytes_max) {
  int rotated = 0;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    if (entry.path().extension() != ".log") continue;
    const auto bytes = entry.file_size(failed);
    if (failed || bytes <= bytes_max) continue;
    const fs::path old = entry.path().string() + ".1";
    fs::copy_file(entry.path(), old, fs::copy_options::overwrite_existing, failed);
    if (failed) continue;
    fs::resize_file(entry.path(), 0, failed);
    if (!failed) ++rotated;
  }
  return rotated;
}

}  // namespace multiaz::orchestrator

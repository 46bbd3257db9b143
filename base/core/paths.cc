#include "base/core/paths.h"

#include <system_error>

namespace multiaz {

namespace fs = std::filesystem;

bool path_exists(const std::string& path) {
  std::error_code failed;
  return fs::exists(path, failed);
}

bool is_folder(const std::string& path) {
  std::error_code failed;
  return fs::is_directory(path, failed);
}

std::vector<fs::path> entries_of(const std::string& folder) {
  std::vector<fs::path> out;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed); !failed && at != fs::directory_iterator();
       at.increment(failed)) {
    out.push_back(at->path());
  }
  return out;
}

fs::path absolute_path(const std::string& path) {
  std::error_code failed;
  fs::path out = fs::absolute(path, failed);
  return failed ? fs::path(path) : out;
}

}  // namespace multiaz

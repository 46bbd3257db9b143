#include "tests/lib/golden.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace multiaz::test {

std::optional<std::string> golden(const std::string& path, const std::string& text) {
  if (std::getenv("MULTIAZ_REWRITE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    return text;
  }
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

}  // namespace multiaz::test

#include "chaos/plan/text_file.h"

#include <fstream>
#include <iterator>

namespace multiaz::chaos {

Result<std::string> read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error(Code::kNotFound, path + " cannot be read");
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

}  // namespace multiaz::chaos

// Golden files: texts that a test must produce again, letter for letter.
#pragma once

#include <optional>
#include <string>

namespace multiaz::test {

// The text of a golden file (relative to the repository); nullopt: it is missing. With
// MULTIAZ_REWRITE_GOLDEN=1 it is `text`, and the file is written with it: read the difference
// before committing it.
std::optional<std::string> golden(const std::string& path, const std::string& text);

}  // namespace multiaz::test

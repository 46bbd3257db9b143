// A file that was compiled into the program (tools/embed.cmake).
#pragma once

#include <string_view>

namespace multiaz {

struct EmbeddedFile {
  std::string_view name, text;  // `name` is the file's name without its folder.
};

}  // namespace multiaz

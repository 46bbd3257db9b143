// The files of webnode/templates, compiled in.
#pragma once

#include <span>
#include <string_view>

namespace multiaz::webnode {

struct EmbeddedFile {
  std::string_view name, text;
};
std::span<const EmbeddedFile> embedded_files();

}  // namespace multiaz::webnode

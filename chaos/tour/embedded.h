// The files of examples/stages, generated at build time (embed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace multiaz::chaos {

struct EmbeddedStage {
  std::string_view name, text;
};
std::span<const EmbeddedStage> embedded_stages();

}  // namespace multiaz::chaos

// Text inside HTML, SVG and XML, also in attributes. Pure.
#pragma once

#include <string>
#include <string_view>

namespace multiaz::chaos {

std::string escape_markup(std::string_view text);

}  // namespace multiaz::chaos

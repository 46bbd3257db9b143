// A garment as a drawing: /images/ID.svg.
#pragma once

#include <string>

#include "webnode/shop/catalogue.h"

namespace multiaz::webnode {

// A self-contained SVG document of about 2 KB. The same look and title give the same bytes.
std::string picture_svg(const Look& look, std::string_view title);

}  // namespace multiaz::webnode

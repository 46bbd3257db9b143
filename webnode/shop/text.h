// Small functions on texts that several parts of the shop need.
#pragma once

#include <string>

namespace multiaz::webnode {

// A-Z become a-z and every other byte stays, so that both databases agree on which texts are equal.
std::string lower_ascii(std::string text);

}  // namespace multiaz::webnode

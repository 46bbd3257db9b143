// Small things about texts that several parts of the shop need.
#pragma once

#include <string>

namespace multiaz::webnode {

// A-Z become a-z; every other byte stays, so that both databases agree on what equal means.
std::string lower_ascii(std::string text);

}  // namespace multiaz::webnode

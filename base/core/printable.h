// Text of strangers on its way to a terminal, a log or an event: nothing in it starts a line, moves
// a cursor or colours one.
#pragma once

#include <string>
#include <string_view>

namespace multiaz {

// Control characters (C0, DEL, C1; also newline, tab and escape) and bytes that are no UTF-8 become
// \xNN. Everything else stays.
std::string printable(std::string_view text);

// The same, of at most so many bytes of `text`; "..." tells what was left out.
std::string printable(std::string_view text, size_t bytes_max);

}  // namespace multiaz

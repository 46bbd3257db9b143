// Makes untrusted text safe for a terminal, a log or an event: no byte of it can start a line, move
// a cursor or change a colour.
#pragma once

#include <string>
#include <string_view>

namespace multiaz {

// Control characters (C0, DEL, C1; also newline, tab and escape) and bytes that are not UTF-8
// become \xNN. Everything else stays.
std::string printable(std::string_view text);

// The same for at most `bytes_max` bytes of `text`; "..." marks a text that was cut.
std::string printable(std::string_view text, size_t bytes_max);

}  // namespace multiaz

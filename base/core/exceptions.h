// Exceptions at the edges of a process. Errors are values here, so an exception is a bug (or memory
// that ran out), and input from a network must not turn a bug into the end of the process.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace multiaz {

// Logs the exception that is being handled as an error of `edge` ("GET /v1/plan"), counts it, and
// returns its text. REQUIRES: called in a catch block.
std::string caught_exception(std::string_view edge);

// How many caught_exception() has counted in this process.
uint64_t exceptions_caught();

// Ends the process with a line that names the place and the exception that is being handled.
// REQUIRES: called in a catch block.
[[noreturn]] void uncaught_exception(std::string_view place);

}  // namespace multiaz

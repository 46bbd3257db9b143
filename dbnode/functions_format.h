// printf and format in place of SQLite's own: `%.*c` with a large number repeats a character for
// minutes inside one instruction, which no cancel and no time-out can end. The results are the
// same, except that a width or precision above the size of a value is an error.
#pragma once

#include "base/core/result.h"

struct sqlite3;

namespace multiaz::dbnode {

Status add_format_functions(sqlite3* db);

}  // namespace multiaz::dbnode

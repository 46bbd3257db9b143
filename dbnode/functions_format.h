// printf and format in place of SQLite's own: `%.*c` with a large number repeats a character for
// minutes inside one instruction, which no cancel and no time-out reaches. The same answers, but a
// width or precision above what one value may hold is an error.
#pragma once

#include "base/core/result.h"

struct sqlite3;

namespace multiaz::dbnode {

Status add_format_functions(sqlite3* db);

}  // namespace multiaz::dbnode

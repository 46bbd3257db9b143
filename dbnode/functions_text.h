// LIKE, GLOB, replace, instr and trim in place of SQLite's own, which can work for hours inside one
// instruction that no cancel and no time-out can end. The results are the same; a search takes
// steps that grow with the text, and pattern matching checks now and then whether to stop.
#pragma once

#include <functional>
#include <string_view>

#include "base/core/result.h"
#include "dbnode/store/connection.h"

namespace multiaz::dbnode {

Status add_text_functions(store::Connection& connection);

enum class Match { kNo, kYes, kStopped };
using AskStop = std::function<bool()>;
// `escape` is one character as UTF-8, or "" for none. ASCII letters match in both cases.
Match match_like(std::string_view pattern, std::string_view text, std::string_view escape,
                 const AskStop& stop);
Match match_glob(std::string_view pattern, std::string_view text, const AskStop& stop);

}  // namespace multiaz::dbnode

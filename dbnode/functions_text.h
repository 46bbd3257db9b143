// LIKE, GLOB, replace, instr and trim in place of SQLite's own, which can work for hours inside one
// instruction that no cancel and no time-out reaches. The same answers; the search takes steps that
// grow with the text, and pattern matching looks now and then whether it is to stop.
#pragma once

#include <functional>
#include <string_view>

#include "base/core/result.h"
#include "dbnode/store/connection.h"

namespace multiaz::dbnode {

Status add_text_functions(store::Connection& connection);

enum class Match { kNo, kYes, kStopped };
using AskStop = std::function<bool()>;
// `escape`: one character as UTF-8, or "" for none. Letters of ASCII are alike in both cases.
Match match_like(std::string_view pattern, std::string_view text, std::string_view escape,
                 const AskStop& stop);
Match match_glob(std::string_view pattern, std::string_view text, const AskStop& stop);

}  // namespace multiaz::dbnode

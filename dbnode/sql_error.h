// SQLite's errors as PostgreSQL's: SQLSTATE, wording, and the fields that drivers look at.
#pragma once

#include <string>
#include <string_view>

#include "base/wire/pgwire_backend.h"
#include "dbnode/store/connection.h"

namespace multiaz::dbnode {

using wire::pg::Report;

Report make_error(std::string_view sqlstate, std::string message);
Report make_fatal(std::string_view sqlstate, std::string message);

// SQLite's transaction began or ended without the session: nothing of it may be acknowledged.
Report transaction_slipped();
// Of the call on `connection` that just failed with `rc`.
Report sqlite_error(store::Connection& connection, int rc);

// Pure part of the above. `position`: in characters from 1, 0 if unknown.
Report translate_error(int extended_code, std::string_view message, int position);

}  // namespace multiaz::dbnode

// SQLite's errors as PostgreSQL's: SQLSTATE, text, and the fields that drivers read.
#pragma once

#include <string>
#include <string_view>

#include "base/wire/pgwire_backend.h"
#include "dbnode/store/connection.h"

namespace multiaz::dbnode {

using wire::pg::Report;

Report make_error(std::string_view sqlstate, std::string message);
Report make_fatal(std::string_view sqlstate, std::string message);

// The error for a transaction that SQLite began or ended without the session: nothing of it may be
// acknowledged.
Report transaction_slipped();
// The error of the call on `connection` that just failed with `rc`.
Report sqlite_error(store::Connection& connection, int rc);

// The pure part of sqlite_error(). `position` counts characters from 1; 0 when unknown.
Report translate_error(int extended_code, std::string_view message, int position);

}  // namespace multiaz::dbnode

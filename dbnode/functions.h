// SQL functions that PostgreSQL's clients expect, and multiaz's own:
//   version() current_database() current_schema() current_user() current_role() session_user()
//   current_catalog() now() pg_backend_pid() pg_is_in_recovery() current_setting(name)
//   set_config(name, value, is_local)
//   pg_current_wal_lsn() pg_last_wal_replay_lsn()
//   pg_sleep(seconds) gen_random_uuid()
//   multiaz_id() multiaz_zone() multiaz_role() multiaz_epoch() multiaz_lsn()
#pragma once

#include <cstdint>
#include <string>

#include "base/core/result.h"
#include "dbnode/settings.h"
#include "dbnode/store/connection.h"

namespace multiaz::dbnode {

// Facts about the server that SQL functions return.
struct Facts {
  std::string id, zone;
  std::string role = "primary";
  uint64_t epoch = 0;
  uint64_t lsn = 0;       // committed on this member
  bool writable = false;  // whether this session may write: it is on the serving primary
  int32_t pid = 0;
};

// REQUIRES: facts and settings outlive the connection.
Status add_functions(store::Connection& connection, const Facts& facts, Settings& settings);

}  // namespace multiaz::dbnode

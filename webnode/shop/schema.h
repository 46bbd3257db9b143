// The tables, and the catalogue in them. The first web instance creates both in one transaction;
// the others find the version row.
#pragma once

#include "base/rt/stop.h"
#include "base/rt/task.h"
#include "webnode/shop/shop.h"

namespace multiaz::webnode {

constexpr int64_t kSchemaVersion = 2;

// The whole schema, to be run in one transaction. Its second statement fails with a unique
// violation when another instance was faster.
Batch migration_batch();
// The upgrade from version 1 to the present one. When another instance was faster, the first
// statement fails.
Batch upgrade_batch();

// Returns when the tables exist (shop.schema_seen) or `stop` was requested. An instance waits
// `patience_ms` for another one before it creates them itself.
rt::Task<void> ensure_schema(Shop& shop, uint64_t patience_ms, rt::Stop& stop);

}  // namespace multiaz::webnode

#include "dbnode/store/memory.h"

#include <malloc.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "base/core/check.h"

namespace multiaz::dbnode::store {
namespace {

// Small allocations are frequent, so only some of them read the clock.
constexpr uint32_t kAskEvery = 256;
constexpr size_t kLargeBytes = 64 << 10;

thread_local MemoryAccount* current = nullptr;
std::atomic<int64_t> purse{0};
std::atomic<int64_t> connection_bytes_max{kConnectionBytesMax};

int64_t usable(void* block) {
  return static_cast<int64_t>(malloc_usable_size(block));
}

void* take(int bytes) {
  const auto wanted = static_cast<size_t>(bytes);
  if (current && !current->admits(wanted, true)) return nullptr;
  void* block = std::malloc(wanted);
  if (block && current) current->add(usable(block), 1);
  return block;
}

void give_back(void* block) {
  if (!block) return;
  if (current) current->add(-usable(block), -1);
  std::free(block);
}

void* take_again(void* block, int bytes) {
  const int64_t had = usable(block);
  const auto wanted = static_cast<size_t>(bytes);
  const auto grows = static_cast<int64_t>(wanted) - had;
  if (current && grows > 0 && !current->admits(static_cast<size_t>(grows), false)) return nullptr;
  void* moved = std::realloc(block, wanted);
  if (moved && current) current->add(usable(moved) - had, 0);
  return moved;
}

int size_of(void* block) {
  return block ? static_cast<int>(usable(block)) : 0;
}
int round_up(int bytes) {
  return (bytes + 7) & ~7;
}
int begin(void*) {
  return SQLITE_OK;
}
void end(void*) {}

}  // namespace

void install_memory_accounts() {
  static std::once_flag once;
  std::call_once(once, [] {
    static const sqlite3_mem_methods methods = {take,     give_back, take_again, size_of,
                                                round_up, begin,     end,        nullptr};
    CHECK_NOTE(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK,
               "before anything else of SQLite");
    // SQLite's own statistics would take a lock that all connections share, at every allocation.
    CHECK(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK);
  });
}

void set_connection_bytes_max(int64_t bytes) {
  connection_bytes_max.store(bytes, std::memory_order_relaxed);
}

MemoryAccount::~MemoryAccount() {
  purse.fetch_sub(beyond(used_), std::memory_order_relaxed);
}

int64_t MemoryAccount::beyond(int64_t used) {
  return std::max<int64_t>(used - kConnectionBytesOwn, 0);
}

bool MemoryAccount::admits(size_t bytes, bool is_new) {
  if (!bounded_) return true;
  const int64_t bytes_max = connection_bytes_max.load(std::memory_order_relaxed);
  const int64_t after = used_ + static_cast<int64_t>(bytes);
  if (after > bytes_max) return false;
  if (is_new && allocations_ >= bytes_max / kBytesPerAllocation) return false;
  const int64_t from_purse = beyond(after) - beyond(used_);
  if (from_purse > 0 && purse.load(std::memory_order_relaxed) + from_purse > kPurseBytesMax) {
    return false;
  }
  if (bytes < kLargeBytes && ++asked_ % kAskEvery != 0) return true;
  return !stop_(context_);
}

void MemoryAccount::add(int64_t bytes, int allocations) {
  const int64_t before = beyond(used_);
  used_ += bytes;
  allocations_ += allocations;
  const int64_t change = beyond(used_) - before;
  if (change != 0) purse.fetch_add(change, std::memory_order_relaxed);
}

MemoryAccount::Bounded::Bounded(MemoryAccount& account)
    : account_(account), before_(std::exchange(account.bounded_, true)) {}
MemoryAccount::Bounded::~Bounded() {
  account_.bounded_ = before_;
}

MemoryAccount::Scope::Scope(MemoryAccount& account) : before_(std::exchange(current, &account)) {}
MemoryAccount::Scope::~Scope() {
  current = before_;
}

}  // namespace multiaz::dbnode::store

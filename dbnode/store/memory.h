// Memory accounts: what SQLite allocates is charged to the running connection and bounded for each.
// A statement that wants too much gets SQLITE_NOMEM, without an effect on other connections. What a
// connection has beyond a small share of its own comes from one common purse, so that many together
// are bounded, too. Allocations are counted beside bytes: SQLite sorts all rows of a statement in
// one instruction that cannot be interrupted, and each row is an allocation. Their number bounds
// how long a sort takes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace multiaz::dbnode::store {

constexpr int64_t kConnectionBytesMax = int64_t{256} << 20;
// the share that is never refused because of others
constexpr int64_t kConnectionBytesOwn = int64_t{4} << 20;
// bound: one allocation for each so many bytes that a connection may have
constexpr int64_t kBytesPerAllocation = 256;
constexpr int64_t kPurseBytesMax = int64_t{512} << 20;

// Makes SQLite allocate through the accounts. Called once before any other call of SQLite; later
// calls do nothing.
void install_memory_accounts();

// Sets what each connection may have from now on; the default is kConnectionBytesMax.
void set_connection_bytes_max(int64_t bytes);

// One thread at a time may use it.
class MemoryAccount {
 public:
  // Called now and then when memory is requested; true refuses it, which ends the running
  // statement. SQLite's parser and its long functions have no other way to be stopped.
  using Stop = bool (*)(void*);
  MemoryAccount(Stop stop, void* context) : stop_(stop), context_(context) {}
  ~MemoryAccount();
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;

  int64_t used() const { return used_; }
  bool admits(size_t bytes, bool is_new);
  void add(int64_t bytes, int allocations);  // negative numbers give memory back

  // Only while an object of this class lives, memory may be refused: a client's statement runs.
  // Code that ends a transaction or cleans up always gets memory.
  class Bounded {
   public:
    explicit Bounded(MemoryAccount& account);
    ~Bounded();
    Bounded(const Bounded&) = delete;
    Bounded& operator=(const Bounded&) = delete;

   private:
    MemoryAccount& account_;
    const bool before_;
  };
  // Charges the allocations of this thread to the account until the end of the scope.
  class Scope {
   public:
    explicit Scope(MemoryAccount& account);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    MemoryAccount* const before_;
  };

 private:
  static int64_t beyond(int64_t used);
  const Stop stop_;
  void* const context_;
  int64_t used_ = 0;
  int64_t allocations_ = 0;
  uint32_t asked_ = 0;
  bool bounded_ = false;
};

}  // namespace multiaz::dbnode::store

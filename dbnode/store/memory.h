// What SQLite allocates is charged to the connection that runs, and bounded for each: a statement
// that wants too much gets SQLITE_NOMEM, and nobody else notices. What a connection has beyond a
// small share of its own comes from one purse for all, so that many together are bounded too.
#pragma once

#include <cstddef>
#include <cstdint>

namespace multiaz::dbnode::store {

constexpr int64_t kConnectionBytesMax = int64_t{256} << 20;
constexpr int64_t kConnectionBytesOwn = int64_t{4} << 20;  // never refused for others' sake
constexpr int64_t kPurseBytesMax = int64_t{512} << 20;

// Makes SQLite allocate through the accounts. Once, before anything else of SQLite; later calls do
// nothing.
void install_memory_accounts();

// Used by one thread at a time.
class MemoryAccount {
 public:
  // Asked now and then while memory is wanted; true refuses it, which ends the statement that
  // runs: SQLite's parser and its long functions ask nobody else.
  using Stop = bool (*)(void*);
  MemoryAccount(Stop stop, void* context) : stop_(stop), context_(context) {}
  ~MemoryAccount();
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;

  int64_t used() const { return used_; }
  bool admits(size_t bytes);
  void add(int64_t bytes);  // given back if negative

  // While a client's statement runs, and only then, memory is refused. What ends a transaction or
  // cleans up always gets it.
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
  // What this thread allocates goes to the account, until the end of the scope.
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
  uint32_t asked_ = 0;
  bool bounded_ = false;
};

}  // namespace multiaz::dbnode::store

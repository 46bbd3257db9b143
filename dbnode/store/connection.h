// One SQLite connection to a PageStore, set up so that no SQL text can reach files, other
// databases, or settings that the page store depends on.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "dbnode/store/memory.h"
#include "dbnode/store/page_vfs.h"

struct sqlite3;

namespace multiaz::dbnode::store {

constexpr int kValueBytesMax = 16 << 20;     // one text or blob, one row
constexpr int kStatementBytesMax = 1 << 20;  // SQL text of one statement
constexpr int kCacheKibibytes = 1024;        // of clean pages, per connection

// Used by one thread at a time, but for interrupt(), which any thread may call while it is open.
class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(PageVfs& vfs);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* raw() const { return raw_; }
  // See PageFile. Every transaction that may write needs allow_write(true) before it begins.
  void allow_write(bool allow) { file_->allow_write(allow); }
  std::optional<Commit> take_commit() { return file_->take_commit(); }
  Refusal last_refusal() const { return file_->last_refusal(); }
  // The store was rolled back or replaced since open(): nothing it cached or knows counts.
  MemoryAccount& memory() { return memory_; }
  bool stale() const { return generation_ != store_.generation(); }

  // While one of these lives, BEGIN, COMMIT, ROLLBACK, SAVEPOINT and RELEASE are let through: only
  // who also waits for the group afterwards may end a transaction. Everybody else's are refused
  // with SQLITE_AUTH, however they are spelled.
  class TransactionWords {
   public:
    explicit TransactionWords(Connection& connection);
    ~TransactionWords();
    TransactionWords(const TransactionWords&) = delete;
    TransactionWords& operator=(const TransactionWords&) = delete;

   private:
    Connection& connection_;
  };
  // Whether one was refused since this was asked last.
  bool take_refused_word() { return std::exchange(refused_word_, false); }

  // Runs SQL of our own, never a client's, that returns no rows. kInternal with SQLite's message
  // when it fails.
  Status execute(const std::string& sql);

  // Ends the statement that runs, or the next one, with SQLITE_INTERRUPT; until forgotten.
  void interrupt();
  void forget_interrupt() { interrupted_.store(false, std::memory_order_release); }
  // The client is gone: as interrupt(), and never forgotten.
  void abandon();
  // Call before each statement: its deadline, 0 = none.
  void arm(Nanos deadline);
  bool timed_out() const { return timed_out_; }
  // For functions that take long: interrupted, or past the deadline.
  bool should_stop();
  // The same without a look at the clock.
  bool told_to_stop() const {
    return interrupted_.load(std::memory_order_acquire) ||
           abandoned_.load(std::memory_order_acquire);
  }

 private:
  Connection(sqlite3* raw, PageStore& store);
  Status configure();
  static int on_progress(void* self);
  static int on_authorize(void* self, int action, const char* a, const char* b, const char* schema,
                          const char* trigger);

  sqlite3* raw_;
  PageStore& store_;
  PageFile* file_ = nullptr;
  uint64_t generation_;
  bool transaction_words_ = false;
  bool refused_word_ = false;
  MemoryAccount memory_;
  std::atomic<bool> interrupted_{false};
  std::atomic<bool> abandoned_{false};
  uint32_t progress_ = 0;
  bool timed_out_ = false;
  Nanos deadline_ = 0;
};

}  // namespace multiaz::dbnode::store

// One SQLite connection to a PageStore, configured so that no SQL text can reach files, other
// databases, or settings that the page store depends on.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "dbnode/store/memory.h"
#include "dbnode/store/page_vfs.h"

struct sqlite3;

namespace multiaz::dbnode::store {

constexpr int kValueBytesMax = 16 << 20;     // bound for one text, blob or row
constexpr int kStatementBytesMax = 1 << 20;  // bound for the SQL text of one statement
constexpr int kCacheKibibytes = 1024;        // clean pages in the cache of a connection

// One thread at a time may use it, except for interrupt(), which any thread may call while it is
// open.
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
  MemoryAccount& memory() { return memory_; }
  // True when the store was rolled back or replaced since open(): its cached pages are invalid.
  bool stale() const { return generation_ != store_.generation(); }

  // While an object of this class lives, BEGIN, COMMIT, ROLLBACK, SAVEPOINT and RELEASE are
  // allowed: only code that also waits for the group afterwards may end a transaction. Otherwise
  // they are refused with SQLITE_AUTH, however they are spelled.
  class TransactionWords {
   public:
    explicit TransactionWords(Connection& connection);
    ~TransactionWords();
    TransactionWords(const TransactionWords&) = delete;
    TransactionWords& operator=(const TransactionWords&) = delete;

   private:
    Connection& connection_;
  };
  // Whether such a word was refused since the last call.
  bool take_refused_word() { return std::exchange(refused_word_, false); }

  // Runs SQL of the server, never of a client, that returns no rows. kInternal with SQLite's
  // message when it fails.
  Status execute(const std::string& sql);

  // Ends the running statement, or the next one, with SQLITE_INTERRUPT, until forget_interrupt().
  void interrupt();
  void forget_interrupt() { interrupted_.store(false, std::memory_order_release); }
  // The client is gone: like interrupt(), but never forgotten.
  void abandon();
  // To be called before each statement: sets its deadline; 0 for none.
  void arm(Nanos deadline);
  bool timed_out() const { return timed_out_; }
  // From any thread: ends a step that is past its deadline, also where SQLite never reads the clock
  // (a check of all pages). To be called periodically.
  void look_at_deadline(Nanos now);
  // Between the messages of a client its statement must not keep a turn that others wait for.
  void give_turn_back() { turn_.give_back(); }
  // Lives while SQLite works on a step of a client's statement.
  class Step {
   public:
    explicit Step(Connection& connection);
    ~Step();
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Connection& connection_;
  };
  // True when interrupted or past the deadline.
  bool should_stop();
  // For what computes for long, on the thread that runs the statement: waits until it is the
  // statement's turn, then as should_stop().
  bool stops_at_pause();
  // Like should_stop(), without reading the clock.
  bool told_to_stop() const {
    return interrupted_.load(std::memory_order_acquire) ||
           abandoned_.load(std::memory_order_acquire);
  }

 private:
  Connection(sqlite3* raw, PageVfs& vfs);
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
  Turns::Turn turn_;
  std::atomic<bool> timed_out_{false};
  std::atomic<Nanos> deadline_{0};
  std::mutex step_mutex_;
  bool in_step_ = false;  // written under it, by the thread that uses the connection
};

}  // namespace multiaz::dbnode::store

// PgConn: one libpq connection, driven by the event loop.
//
// libpq owns the socket, so base/rt cannot hold its bytes; PgConn asks the fabric itself, and
// neither sends nor reads while the link is cut.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/rt/address.h"
#include "base/rt/loop.h"
#include "base/rt/task.h"
#include "base/rt/wait.h"
#include "clients/statement.h"

struct pg_conn;

namespace multiaz::clients {

struct PgTarget {
  std::string url;       // postgresql://..., or keywords as libpq takes them
  std::string password;  // used when the URL has none
  std::string application;
  rt::Address self;  // own address, for the fabric
};

// The outcome of a batch.
struct Outcome {
  RowSets rows;  // one for each statement when there is no error
  // kConflict (unique), kLimit (check), kInternal, or an error of the link
  std::optional<Error> error;
  bool retry = false;     // worth another attempt, here or on another connection
  bool moved = false;     // this server cannot execute it, but another one may
  bool in_doubt = false;  // it may have been committed
};

// Whether all hosts of a connection string are this machine (exactly 127.x.y.z, ::1, localhost or a
// unix socket). Only then TLS is left out.
bool is_local_database(const std::string& url);

class PgConn {
 public:
  explicit PgConn(PgTarget target);
  ~PgConn();  // REQUIRES: no task of it runs
  PgConn(const PgConn&) = delete;
  PgConn& operator=(const PgConn&) = delete;

  // Opens a new connection and authenticates. kUnavailable, kTimeout, kDenied.
  rt::Task<Status> connect(Nanos until);
  // Sends the whole batch in one flight, in a transaction of its own if asked, and waits. REQUIRES:
  // up(); one batch at a time; the batch outlives the task.
  rt::Task<Outcome> execute(const Batch& batch, bool transaction, Nanos until);
  // Whether it is connected and the server has not closed the connection.
  [[nodiscard]] bool up() const { return conn_ != nullptr && !broken_; }
  // Ends the connection and every wait on it. It may be called by any code at any time.
  void abort();
  void close();  // REQUIRES: no task of it runs
  // Called when the server closes the idle connection; may connect afresh.
  void on_lost(std::function<void()> callback) { on_lost_ = std::move(callback); }

 private:
  rt::Task<Status> poll_connection(Nanos until);
  rt::Task<Status> ready(bool write, Nanos until);
  rt::Task<Status> flush(Nanos until);
  rt::Task<Status> send(const Batch& batch, bool transaction, Nanos until);
  rt::Task<Outcome> collect(size_t statements, bool transaction, Nanos until);
  rt::Task<Status> next_result(pg_result** result, Nanos until);
  rt::Task<void> roll_back(Nanos until);
  void watch_socket();
  void on_socket();
  void on_idle_input();
  bool cut() const;
  void note_loss();
  Error link_error();

  PgTarget target_;
  pg_conn* conn_ = nullptr;
  std::unique_ptr<rt::FdWatch> watch_;
  rt::Timer timer_;
  rt::Wait wait_;
  std::function<void()> on_lost_;
  bool broken_ = false, waiting_ = false, timed_out_ = false, fired_ = false;
  uint32_t peer_ip_ = 0;
};

}  // namespace multiaz::clients

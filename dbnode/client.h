// Client: one connection, from its startup packet to its last byte. It is the loop side of a
// Session: it feeds the session, runs it on the SQL pool, gives it the writer lock, carries its
// commits to the group, and enforces the role: no data that was read leaves unless the lease still
// holds.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/core/clock.h"
#include "base/rt/conn.h"
#include "base/rt/loop.h"
#include "base/wire/pgwire.h"
#include "dbnode/hang_up.h"
#include "dbnode/session.h"
#include "dbnode/writer_hold.h"

namespace multiaz::dbnode {

class Server;

// kOwn: the instance's own address; kDatabase: the primary endpoint; kReader: the reader endpoint.
enum class Endpoint { kOwn, kDatabase, kReader };

constexpr uint64_t kStartupMs = 10'000;  // from the startup packet to authentication
constexpr uint64_t kWriteMs = 60'000;    // longest time in which a client takes none of its answer
constexpr uint64_t kIdleWriterMs = 10'000;  // idle with the writer lock, for which others wait
constexpr uint64_t kGoodbyeMs = 200;        // for an idle client to notice the end
constexpr size_t kBatchMessagesMax = 256;   // messages pushed into a session at once
// the largest value, with some reserve
constexpr size_t kClientMessageBytesMax = (16 << 20) + (1 << 20);

class Client {
 public:
  Client(Server& server, rt::Conn& conn, Endpoint endpoint);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rt::Task<void> run();

  int32_t pid() const { return pid_; }
  bool has_secret(int32_t secret) const { return secret == secret_; }
  // Handles a CancelRequest: ends the statement that runs or waits for the writer lock.
  void cancel();
  // Ends the session with this message, at once if no statement is running.
  void terminate(Report report);
  // Whether the client has not logged in yet.
  [[nodiscard]] bool is_starting() const { return state_ == State::kStarting; }
  [[nodiscard]] bool terminating() const { return fatal_.has_value(); }
  Nanos since() const { return since_; }
  // Called periodically: ends a statement whose client has hung up, or that is over time.
  void look(Nanos now);
  // Whether it came through the reader endpoint and is idle now.
  [[nodiscard]] bool is_idle_reader() const;

 private:
  enum class State { kStarting, kIdle, kRunning, kWaitingWriter, kCommitting, kWriting, kClosing };

  // --- client_start.cc
  rt::Task<bool> start();
  Failure check_startup(const wire::pg::StartupMessage& startup);
  rt::Task<Failure> open_session(Settings settings);
  void greet();

  // --- client.cc
  rt::Task<void> serve();
  rt::Task<Need> run_session();
  rt::Task<void> flush();
  rt::Task<void> next_input();
  bool take_messages();
  rt::Task<void> give_writer();
  rt::Task<void> lend_writer();
  rt::Task<void> commit();
  void fail_commit(Report report);
  rt::Task<void> finish();
  bool may_answer() const;
  Report role_lost() const;
  Facts facts() const;
  void watch_idle();

  Server& server_;
  rt::Conn& conn_;
  const Endpoint endpoint_;
  const int32_t pid_;
  const int32_t secret_;
  bool primary_ = false;  // began on the serving primary, so it depends on the lease
  State state_ = State::kStarting;
  const Nanos since_ = monotonic_now();
  HangUp hang_up_;
  std::unique_ptr<Session> session_;
  bool lost_ = false;
  std::optional<Report> fatal_;
  bool unanswered_commit_ = false;  // committed, but the client has not got the answer yet
  WriterHold writer_;
  rt::Timer idle_timer_;
};

}  // namespace multiaz::dbnode

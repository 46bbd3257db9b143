// Client: one connection, from its startup packet to its last byte. The loop side of a Session:
// feeds it, runs it on the SQL pool, gives it the writer lock, carries its commits to the group,
// and answers for the role: nothing that was read leaves unless the lease still holds.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/core/clock.h"
#include "base/rt/conn.h"
#include "base/rt/loop.h"
#include "base/wire/pgwire.h"
#include "dbnode/session.h"
#include "dbnode/writer_lock.h"

namespace multiaz::dbnode {

class Server;

// kOwn: the instance's address; kDatabase: the primary's endpoint; kReader: the replicas'.
enum class Endpoint { kOwn, kDatabase, kReader };

constexpr uint64_t kStartupMs = 10'000;     // startup packet to authentication
constexpr uint64_t kWriteMs = 60'000;       // a client that takes no answer for so long
constexpr uint64_t kIdleWriterMs = 10'000;  // idle with the writer lock: others wait
constexpr uint64_t kGoodbyeMs = 200;        // for an idle client to notice that it is over
constexpr uint64_t kHalfClosedMs = 200;     // for the answer, when the client has ended its side
constexpr size_t kBatchMessagesMax = 256;   // pushed into a session at once
constexpr size_t kClientMessageBytesMax = (16 << 20) + (1 << 20);  // the largest value, and more

class Client {
 public:
  Client(Server& server, rt::Conn& conn, Endpoint endpoint);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rt::Task<void> run();

  int32_t pid() const { return pid_; }
  bool has_secret(int32_t secret) const { return secret == secret_; }
  // A CancelRequest: ends the statement that runs or waits for the writer lock.
  void cancel();
  // Ends the session with this message, at once if nothing of it runs.
  void terminate(Report report);
  // Has not logged in yet.
  [[nodiscard]] bool is_starting() const { return state_ == State::kStarting; }
  [[nodiscard]] bool terminating() const { return fatal_.has_value(); }
  Nanos since() const { return since_; }
  // Called all the time: ends what runs for a client that has hung up.
  void look(Nanos now);
  // Came by the readers' endpoint and asks nothing now.
  [[nodiscard]] bool is_idle_reader() const;

 private:
  enum class State { kStarting, kIdle, kRunning, kWaitingWriter, kCommitting, kWriting, kClosing };

  // client_start.cc
  rt::Task<bool> start();
  rt::Task<Result<wire::pg::StartupMessage>> read_startup();
  rt::Task<Result<wire::pg::FrontendMessage>> read_message();
  std::optional<Report> check_startup(const wire::pg::StartupMessage& startup);
  std::optional<Report> take_settings(const wire::pg::StartupMessage& startup);
  rt::Task<bool> authenticate(std::string user);
  rt::Task<Result<std::string>> scram_answer();
  rt::Task<bool> open_session();
  void greet();
  bool refuse(Report report);  // sends it; always false

  // client.cc
  rt::Task<void> serve();
  rt::Task<Need> run_session();
  rt::Task<void> flush();
  rt::Task<void> next_input();
  bool take_messages();
  rt::Task<Failure> acquire_writer();
  rt::Task<void> give_writer();
  rt::Task<void> lend_writer();
  rt::Task<void> commit();
  void fail_commit(Report report);
  rt::Task<void> finish();
  void release_writer();
  bool hung_up() const;
  bool may_answer() const;
  Report role_lost() const;
  Facts facts() const;
  void watch_idle();

  Server& server_;
  rt::Conn& conn_;
  const Endpoint endpoint_;
  const int32_t pid_;
  const int32_t secret_;
  bool primary_ = false;  // began on the serving primary, so it lives by the lease
  State state_ = State::kStarting;
  const Nanos since_ = monotonic_now();
  Nanos gone_since_ = 0;  // 0 = the client is there
  Settings settings_;
  std::unique_ptr<Session> session_;
  bool lost_ = false;
  std::optional<Report> fatal_;
  bool unanswered_commit_ = false;  // committed, and the client has not heard of it yet
  bool has_writer_ = false;
  Failure writer_refused_;  // asked for ahead of the session, in vain
  WriterLock::Request request_;
  rt::Timer idle_timer_;
};

}  // namespace multiaz::dbnode

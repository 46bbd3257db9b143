// Server: accepts connections, runs commands through the Runner, and sends replies when they may
// leave.
//
//   server_sessions.cc   the loop of one connection
//   server_group.cc      the effects of the replication group: commits, roles, endpoints
//   server.cc            start and stop, cron, and what commands may ask (Host)
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/role_listeners.h"
#include "base/rt/sync.h"
#include "cachenode/commands/dispatcher.h"
#include "cachenode/machine.h"
#include "cachenode/runner.h"
#include "cachenode/session.h"

namespace multiaz::cachenode {

class Server : public Host {
 public:
  // REQUIRES: all arguments outlive the server. It sets the machine's hooks.
  Server(Settings settings, Database& db, Machine& machine, replication::Group& group);
  ~Server() override;

  // Binds and starts to serve; kIo when the address is taken.
  Status start(rt::Address address);
  rt::Address listening() const { return listeners_.address(); }
  // Closes listeners and connections (waiting replies get an error) and waits for them to end.
  rt::Task<void> stop();
  // Accepts no new connections through the endpoints.
  void drain() { draining_ = true; }
  // Sets the addresses of the group's members, by id.
  void learn_addresses(std::map<std::string, rt::Address> addresses);

  // Implementation of Host.
  const Settings& settings() const override { return settings_; }
  Stats& stats() override { return stats_; }
  GroupFacts group() const override;
  std::string address() const override { return listening().text(); }
  uint64_t uptime_s() const override;
  std::vector<const Client*> clients() const override;
  size_t replicas_with(Lsn lsn) const override;
  void auth_failed(const Client& client) override;

 private:
  // --- server_sessions.cc ---
  void on_accept(rt::ListenerKind listener, std::unique_ptr<rt::Conn> conn);
  rt::Task<void> serve(rt::ListenerKind listener, std::unique_ptr<rt::Conn> conn);
  // Runs more batches until only new input can give more work.
  rt::Task<void> carry_on(Session& session);
  rt::Task<void> wait_for_drain(Session& session);
  rt::Task<void> answer_wait(Session& session);
  rt::Task<void> drain_and_close(Session& session);
  // Executes a batch of the input. True: call carry_on(), because input is left or the connection
  // needs attention.
  bool run_batch(Session& session);
  void want_input(Session& session, size_t bytes);
  void deliver(Session& session, std::string_view replies, const std::vector<ReplySpan>& spans);
  bool over_high_water(const Session& session) const;

  // --- server_group.cc ---
  // What a connection may ask for, depending on its listener.
  Permissions permissions(rt::ListenerKind listener) const;
  // Whether a connection through this listener may stay. `lease_gone` is true when a primary has
  // had no lease for long.
  bool may_stay(rt::ListenerKind listener, bool lease_gone) const;
  void on_committed(Lsn lsn);
  void on_role(replication::Role role, std::string_view reason);
  void end_in_doubt(Session& session);
  void update_listeners();
  bool alone() const;

  // --- server.cc ---
  void cron();
  void expire_keys();
  void close_idle();
  void log_auth_failures();

  Settings settings_;
  Database& db_;
  Machine& machine_;
  replication::Group& group_;
  Dispatcher dispatcher_;
  Runner runner_;
  Stats stats_;

  rt::Nursery nursery_;
  rt::RoleListeners listeners_;
  rt::Timer cron_timer_;
  rt::Timer listeners_timer_;
  rt::Notify moved_;  // the commit point or the role has changed
  std::unordered_map<uint64_t, Session*> sessions_;
  uint64_t next_id_ = 1;
  std::map<Lsn, std::vector<uint64_t>> waiting_;  // connections whose replies wait for this lsn

  bool draining_ = false;
  bool stopping_ = false;
  Nanos started_ = 0;
  Nanos lease_lost_ = 0;  // since when a primary does not serve; 0 while it does
  uint64_t cron_turns_ = 0;
  uint64_t expire_cursor_ = 0;
  uint64_t auth_failures_logged_ = 0;
  std::string auth_failed_peer_;
  std::map<std::string, rt::Address> addresses_;
};

}  // namespace multiaz::cachenode

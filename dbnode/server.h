// Server: the listeners of a dbnode and its clients. Its own address is always open; the virtual
// endpoints (inherited descriptors) only while this member has the role for them:
//   db         the serving primary
//   db_reader  a readable replica that is not in the in-sync set; the primary when its group has
//              no such replica connected
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/http/refusals.h"
#include "base/rt/conn.h"
#include "base/rt/nursery.h"
#include "base/rt/sync.h"
#include "base/tls/context.h"
#include "base/wire/scram.h"
#include "dbnode/client.h"
#include "dbnode/database.h"
#include "dbnode/health_probe.h"
#include "dbnode/sql_pool.h"
#include "replication/group.h"

namespace multiaz::dbnode {

constexpr uint64_t kRoleCheckMs = 20;  // how often a lost lease is checked for
constexpr uint64_t kStopMs = 2'000;    // how long commits under way may take when the server stops
// clients beyond the bound that get their error at the same time
constexpr size_t kRefusalsMax = 32;
// how long a log-in may take while other clients wait for a place
constexpr uint64_t kLogInMs = 500;
constexpr const char* kUser = "shop";
constexpr const char* kDatabaseName = "shop";

struct ServerConfig {
  std::string id, zone;
  std::string password;      // "" lets every client log in
  std::shared_ptr<const tls::Context> tls;  // null: no certificate, so no TLS
  bool force_ssl = false;                   // refuse log-ins without TLS, as rds.force_ssl does
  size_t clients_max = 400;  // including those that have not logged in yet
};

struct ServerCounters {
  uint64_t sessions_total = 0;
  uint64_t statements = 0;  // sent by clients; a simple query message counts once
  uint64_t commits = 0;
  uint64_t commits_in_doubt = 0;
  uint64_t statements_cancelled = 0;
  uint64_t clients_refused = 0;  // refused before they could send a query
};

Report too_many_clients();

class Server {
 public:
  Server(ServerConfig config, Database& database, replication::Group& group);

  // Serves until `stop`, then ends every session and returns. Inherited endpoints are found by
  // name; `own` is the listener of the instance's address.
  rt::Task<void> run(std::unique_ptr<rt::Listener> own, rt::Stop& stop);
  // To be called when the group's role or epoch has changed: ends the sessions that depend on the
  // old one.
  void role_changed(replication::Role role);

  size_t sessions() const { return clients_.size(); }
  // "healthy", or what is wrong: the query that the server sends to itself is not answered.
  std::string health() const;
  const ServerCounters& counters() const { return counters_; }
  void count_statement() { ++counters_.statements; }

 private:
  friend class Client;
  rt::Task<void> accept_own(rt::Listener& listener);
  rt::Task<void> serve_endpoint(Endpoint endpoint, int fd, rt::Stop& stop);
  rt::Task<void> serve_client(std::unique_ptr<rt::Conn> conn, Endpoint endpoint);
  void admit(std::unique_ptr<rt::Conn> conn, Endpoint endpoint);
  bool may_accept(Endpoint endpoint) const;
  void close_lost_endpoints();
  void release_readers();
  void look_at_clients();
  bool has_room_for(const Client& client);
  bool send_one_away(const Client* but);
  void cancel(int32_t pid, int32_t secret);
  int32_t new_pid();

  const ServerConfig config_;
  Database& database_;
  replication::Group& group_;
  SqlPool pool_;
  wire::ScramVerifier verifier_;
  rt::Nursery nursery_;
  rt::Notify role_moved_;
  std::map<Endpoint, rt::Listener*> open_;  // each is owned by its serve_endpoint()
  std::map<int32_t, Client*> clients_;
  ServerCounters counters_;
  HealthProbe probe_;
  http::Refusals refusals_{kRefusalsMax};
  bool was_primary_ = false;
  bool stopping_ = false;
  int32_t last_pid_ = 1000;
};

}  // namespace multiaz::dbnode

#include "dbnode/server.h"

#include <algorithm>
#include <vector>

#include "base/core/log.h"
#include "base/core/random.h"

namespace multiaz::dbnode {

using rt::Task;

Server::Server(ServerConfig config, Database& database, replication::Group& group)
    : config_(std::move(config)),
      database_(database),
      group_(group),
      pool_(config_.clients_max),
      verifier_(wire::make_scram_verifier(config_.password, secret_hex(16))),
      probe_(database, pool_) {
  was_primary_ = group_.status().role == replication::Role::kPrimary;
}

Task<void> Server::run(std::unique_ptr<rt::Listener> own, rt::Stop& stop) {
  rt::Timer role_timer([this] {
    close_lost_endpoints();
    look_at_clients();
  });
  role_timer.start(kRoleCheckMs, kRoleCheckMs);
  rt::Nursery listeners;
  listeners.spawn("own", accept_own(*own));
  listeners.spawn("probe", probe_.run(stop));
  const int db = rt::inherited_listener("db");
  const int reader = rt::inherited_listener("db_reader");
  if (db >= 0) listeners.spawn("db", serve_endpoint(Endpoint::kDatabase, db, stop));
  if (reader >= 0) listeners.spawn("db_reader", serve_endpoint(Endpoint::kReader, reader, stop));
  rt::Notify forever;
  while (!stop.requested()) (void)co_await forever.wait(kIdleWriterMs, stop);

  stopping_ = true;
  own->close();
  close_lost_endpoints();
  co_await listeners.join();
  std::vector<Client*> clients;
  for (const auto& [pid, client] : clients_) clients.push_back(client);
  for (Client* client : clients) {
    client->terminate(make_fatal("57P01", "terminating connection due to administrator command"));
  }
  // A commit that the group cannot finish is given up in the end, and the client gets an error.
  rt::Timer patience([this] { database_.give_up(); });
  patience.start(kStopMs, kStopMs);
  co_await nursery_.join();
}

Task<void> Server::accept_own(rt::Listener& listener) {
  while (true) {
    auto conn = co_await listener.accept();
    if (!conn) co_return;
    admit(std::move(*conn), Endpoint::kOwn);
  }
}

Task<void> Server::serve_endpoint(Endpoint endpoint, int fd, rt::Stop& stop) {
  while (!stopping_ && !stop.requested()) {
    if (!may_accept(endpoint)) {
      (void)co_await role_moved_.wait(kRoleCheckMs, stop);
      continue;
    }
    auto listener = rt::Listener::adopt(fd);
    if (!listener) {
      log::error(listener.error().text());
      co_return;
    }
    open_[endpoint] = listener->get();
    while (true) {
      auto conn = co_await (*listener)->accept();
      if (!conn) break;
      admit(std::move(*conn), endpoint);
    }
    open_.erase(endpoint);
  }
}

bool Server::may_accept(Endpoint endpoint) const {
  if (stopping_) return false;
  if (endpoint == Endpoint::kDatabase) return group_.serving();
  const replication::GroupStatus status = group_.status();
  if (status.role == replication::Role::kLearner) return group_.readable();
  if (status.role != replication::Role::kPrimary || !group_.serving()) return false;
  return std::none_of(
      status.peers.begin(), status.peers.end(),
      [](const replication::PeerStatus& peer) { return peer.connected && !peer.in_sync; });
}

// A lease expires without any call, so a timer checks it.
void Server::close_lost_endpoints() {
  for (const auto& [endpoint, listener] : open_) {
    if (!may_accept(endpoint)) listener->close();
  }
  release_readers();
}

// Without a replica the primary answers at the reader endpoint. When a replica is back, idle
// clients are sent there, because a pool of connections that stayed would keep the primary busy.
void Server::release_readers() {
  if (group_.status().role != replication::Role::kPrimary || may_accept(Endpoint::kReader)) return;
  std::vector<Client*> readers;
  for (const auto& [pid, client] : clients_) {
    if (client->is_idle_reader()) readers.push_back(client);
  }
  for (Client* client : readers) {
    client->terminate(
        make_fatal("57P01", "terminating connection: a replica serves this endpoint again"));
  }
}

void Server::look_at_clients() {
  const Nanos now = monotonic_now();
  for (const auto& [pid, client] : clients_) client->look(now);
}

std::string Server::health() const {
  return probe_.health();
}

Report too_many_clients() {
  return make_fatal("53300", "sorry, too many clients already");
}

// When another client needs the place, the client that has been slowest to log in loses it.
bool Server::send_one_away(const Client* but) {
  const Nanos now = monotonic_now();
  Client* slowest = nullptr;
  for (const auto& [pid, client] : clients_) {
    if (client == but || !client->is_starting() || client->terminating()) continue;
    if (now - client->since() < kLogInMs * kMillisecond) continue;
    if (!slowest || client->since() < slowest->since()) slowest = client;
  }
  if (slowest) slowest->terminate(too_many_clients());
  return slowest != nullptr;
}

bool Server::has_room_for(const Client& client) {
  return clients_.size() <= config_.clients_max || send_one_away(&client);
}

// A few clients beyond the bound are accepted only to get the protocol's own error that there is no
// room.
void Server::admit(std::unique_ptr<rt::Conn> conn, Endpoint endpoint) {
  if (clients_.size() >= config_.clients_max + kRefusalsMax && !send_one_away(nullptr)) {
    counters_.clients_refused++;
    std::string words;
    wire::pg::BackendWriter(words).error(too_many_clients());
    nursery_.spawn("refuse", refusals_.refuse(std::move(conn), std::move(words)));
    return;
  }
  counters_.sessions_total++;
  nursery_.spawn("client", serve_client(std::move(conn), endpoint));
}

Task<void> Server::serve_client(std::unique_ptr<rt::Conn> conn, Endpoint endpoint) {
  Client client(*this, *conn, endpoint);
  clients_[client.pid()] = &client;
  co_await client.run();
  clients_.erase(client.pid());
}

void Server::role_changed(replication::Role role) {
  role_moved_.notify_all();
  close_lost_endpoints();
  const bool is_primary = role == replication::Role::kPrimary;
  if (is_primary == was_primary_) return;
  was_primary_ = is_primary;
  std::vector<Client*> clients;
  for (const auto& [pid, client] : clients_) clients.push_back(client);
  for (Client* client : clients) {
    client->terminate(
        make_fatal("57P01", is_primary ? "terminating connection: this replica was promoted"
                                       : "terminating connection: not the primary any more"));
  }
}

void Server::cancel(int32_t pid, int32_t secret) {
  const auto it = clients_.find(pid);
  if (it == clients_.end() || !it->second->has_secret(secret)) return;
  counters_.statements_cancelled++;
  it->second->cancel();
}

int32_t Server::new_pid() {
  do {
    last_pid_ = last_pid_ == INT32_MAX ? 1000 : last_pid_ + 1;
  } while (clients_.count(last_pid_) > 0);
  return last_pid_;
}

}  // namespace multiaz::dbnode

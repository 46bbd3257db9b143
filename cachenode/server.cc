#include "cachenode/server.h"

#include <algorithm>
#include <utility>

#include "base/core/log.h"

namespace multiaz::cachenode {

Server::Server(Settings settings, Database& db, Machine& machine, replication::Group& group)
    : settings_(std::move(settings)),
      machine_(machine),
      group_(group),
      dispatcher_(db, *this),
      runner_(db, dispatcher_, group),
      connections_(stats_),
      access_(db, machine, group, connections_, nursery_,
              [this](rt::ListenerKind listener, std::unique_ptr<rt::Conn> conn) {
                on_accept(listener, std::move(conn));
              }),
      housekeeping_(settings_, db, group, runner_, connections_, stats_),
      loop_(settings_, db, machine, dispatcher_, runner_, access_, group_, connections_, stats_) {
  Machine::Hooks hooks;
  hooks.committed = [this](Lsn lsn) { connections_.release(lsn); };
  hooks.role_changed = [this](replication::Role role, std::string_view reason) {
    on_role(role, reason);
  };
  machine_.set_hooks(std::move(hooks));
}

Server::~Server() {
  machine_.set_hooks(Machine::Hooks());
}

Status Server::start(rt::Address address) {
  const Status opened = access_.open(address);
  if (!opened) return opened;
  started_ = monotonic_now();
  housekeeping_.start();
  return Status();
}

rt::Task<void> Server::stop() {
  stopping_ = true;
  housekeeping_.stop();
  access_.close();
  connections_.end_all();
  nursery_.stop();
  co_await nursery_.join();
}

uint64_t Server::uptime_s() const {
  return (monotonic_now() - started_) / kSecond;
}

std::vector<const Client*> Server::clients() const {
  std::vector<const Client*> out;
  for (const auto& [id, session] : connections_.all()) out.push_back(&session->client);
  std::sort(out.begin(), out.end(), [](const Client* a, const Client* b) { return a->id < b->id; });
  return out;
}

void Server::auth_failed(const Client& client) {
  housekeeping_.auth_failed(client.peer);
}

void Server::on_accept(rt::ListenerKind listener, std::unique_ptr<rt::Conn> conn) {
  // The role was lost before this listener was closed: the connection is closed, so that its client
  // connects again and waits for the next primary.
  if (!access_.may_enter(listener)) return;
  if (connections_.all().size() >= settings_.clients_max || stopping_) {
    ++stats_.rejected_connections;
    if (settings_.tls) return;  // the words would need a handshake first
    conn->send("-ERR max number of clients reached\r\n");
    return;
  }
  ++stats_.connections;
  nursery_.spawn("session", loop_.serve(listener, std::move(conn)));
}

void Server::on_role(replication::Role role, std::string_view reason) {
  log::info("role " + std::string(replication::to_string(role)) + ", epoch " +
            std::to_string(machine_.epoch().raw) + ": " + std::string(reason));
  if (role != replication::Role::kPrimary) connections_.role_lost();
  access_.role_changed();
  connections_.notify_moved();
}

}  // namespace multiaz::cachenode

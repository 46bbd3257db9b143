// Connections: the sessions of this server by id, and their replies that wait for the group. A
// commit releases replies; when the role is lost, those that are left are in doubt.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/rt/sync.h"
#include "cachenode/commands/host.h"
#include "cachenode/runner.h"
#include "cachenode/session.h"

namespace multiaz::cachenode {

class Connections {
 public:
  // REQUIRES: the counters outlive it.
  explicit Connections(Stats& stats) : stats_(stats) {}

  void add(Session& session);  // gives the client its id
  void remove(const Session& session) { sessions_.erase(session.client.id); }
  const std::unordered_map<uint64_t, Session*>& all() const { return sessions_; }

  // Sends the replies that need no commit beyond `committed`, and holds the others.
  void deliver(Session& session, Lsn committed, std::string_view replies,
               const std::vector<ReplySpan>& spans);
  void release(Lsn committed);
  // Ends all sessions that wait for a commit or came through the primary endpoint.
  void role_lost();
  void end_all();
  // Notified when the commit point or the role has changed.
  rt::Notify& moved() { return moved_; }
  void notify_moved() {
    if (moved_.has_waiters()) moved_.notify_all();
  }

 private:
  void end_in_doubt(Session& session);

  Stats& stats_;
  std::unordered_map<uint64_t, Session*> sessions_;
  uint64_t next_id_ = 1;
  std::map<Lsn, std::vector<uint64_t>> waiting_;  // connections whose replies wait for this lsn
  rt::Notify moved_;
};

}  // namespace multiaz::cachenode

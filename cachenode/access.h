// Access: which connections and commands this member's role and lease allow, and the listeners that
// follow them.
#pragma once

#include "base/core/clock.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/role_listeners.h"
#include "cachenode/commands/host.h"
#include "cachenode/connections.h"
#include "cachenode/machine.h"
#include "replication/group.h"

namespace multiaz::cachenode {

class Access {
 public:
  // REQUIRES: all of them outlive it.
  Access(const Database& db, const Machine& machine, const replication::Group& group,
         const Connections& connections, rt::Nursery& nursery,
         rt::RoleListeners::OnAccept on_accept);

  // Binds the own address and accepts from then on; kIo when the address is taken.
  Status open(rt::Address address);
  rt::Address address() const { return listeners_.address(); }
  // Accepts no new connections through the endpoints.
  void drain() { draining_ = true; }
  void close();
  // To be called inside the group's change of role: the listeners follow in the next turn.
  void role_changed();

  // Says what a connection may ask for, depending on its listener.
  Permissions permissions(rt::ListenerKind listener) const;
  // Whether a new connection through this listener may stay.
  bool may_enter(rt::ListenerKind listener) const { return may_stay(listener, false); }

 private:
  // `lease_gone` is true when a primary has had no lease for long.
  bool may_stay(rt::ListenerKind listener, bool lease_gone) const;
  bool alone() const;
  void update();

  const Database& db_;
  const Machine& machine_;
  const replication::Group& group_;
  const Connections& connections_;
  rt::RoleListeners listeners_;
  rt::Timer timer_;
  bool draining_ = false;
  bool closed_ = false;
  Nanos lease_lost_ = 0;  // since when a primary does not serve; 0 while it does
};

}  // namespace multiaz::cachenode

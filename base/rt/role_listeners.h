// RoleListeners: the listeners of a member of a group. The node's own address is always open; the
// primary endpoint and the reader endpoint are sockets inherited from the supervisor, on which a
// node accepts only while it has the role. A closed one keeps queueing, so clients wait instead of
// being refused.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "base/core/result.h"
#include "base/rt/conn.h"
#include "base/rt/nursery.h"

namespace multiaz::rt {

enum class ListenerKind { kOwn, kPrimary, kReader };

class RoleListeners {
 public:
  using OnAccept = std::function<void(ListenerKind, std::unique_ptr<Conn>)>;
  // The inherited sockets are `endpoint` and `endpoint`_reader.
  RoleListeners(Nursery& nursery, const std::string& endpoint, OnAccept on_accept);

  // Binds the own address (port 0 takes any) and looks for inherited sockets. Accepts from then on.
  Status open_own(Address address);
  Address address() const;
  // Opens or closes an inherited listener; does nothing if there is none.
  void set_open(ListenerKind kind, bool open);
  void close_all();

 private:
  struct Slot {
    ListenerKind kind = ListenerKind::kOwn;
    int fd = -1;  // inherited
    std::unique_ptr<Listener> listener;
  };
  Slot& slot(ListenerKind kind) { return slots_[static_cast<size_t>(kind)]; }
  Task<void> accept_all(Slot& slot);

  Nursery& nursery_;
  OnAccept on_accept_;
  Address address_;
  bool closed_ = false;
  std::array<Slot, 3> slots_;
};

}  // namespace multiaz::rt

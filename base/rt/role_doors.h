// RoleDoors: the listeners of a member of a group. The node's own address is always open; the
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

enum class DoorKind { kOwn, kPrimary, kReader };

class RoleDoors {
 public:
  using Welcome = std::function<void(DoorKind, std::unique_ptr<Conn>)>;
  // The inherited sockets are `endpoint` and `endpoint`_reader.
  RoleDoors(Nursery& nursery, const std::string& endpoint, Welcome welcome);

  // Binds the own address (port 0 takes any) and looks for inherited sockets. Accepts from then on.
  Status open_own(Address address);
  Address address() const;
  // Opens or closes an inherited listener; does nothing if there is none.
  void set_open(DoorKind kind, bool open);
  void close_all();

 private:
  struct Door {
    DoorKind kind = DoorKind::kOwn;
    int fd = -1;  // inherited
    std::unique_ptr<Listener> listener;
  };
  Door& door(DoorKind kind) { return doors_[static_cast<size_t>(kind)]; }
  Task<void> accept_all(Door& door);

  Nursery& nursery_;
  Welcome welcome_;
  Address address_;
  bool closed_ = false;
  std::array<Door, 3> doors_;
};

}  // namespace multiaz::rt

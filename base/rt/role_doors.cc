#include "base/rt/role_doors.h"

#include <utility>

#include "base/core/log.h"

namespace multiaz::rt {

RoleDoors::RoleDoors(Nursery& nursery, const std::string& endpoint, Welcome welcome)
    : nursery_(nursery), welcome_(std::move(welcome)) {
  door(DoorKind::kPrimary).kind = DoorKind::kPrimary;
  door(DoorKind::kPrimary).fd = inherited_listener(endpoint);
  door(DoorKind::kReader).kind = DoorKind::kReader;
  door(DoorKind::kReader).fd = inherited_listener(endpoint + "_reader");
}

Status RoleDoors::open_own(Address address) {
  auto listener = Listener::bind(address);
  if (!listener) return listener.error();
  Door& own = door(DoorKind::kOwn);
  own.listener = std::move(*listener);
  address_ = own.listener->address();
  nursery_.spawn("accept", accept_all(own));
  return Status();
}

Address RoleDoors::address() const {
  return address_;
}

void RoleDoors::set_open(DoorKind kind, bool open) {
  Door& one = door(kind);
  if (one.fd < 0 || closed_) return;
  if (!open) {
    if (one.listener) one.listener->close();
    return;
  }
  if (one.listener) return;  // open, or still closing; the next report asks again
  auto listener = Listener::adopt(one.fd);
  if (!listener) {
    log::warn(listener.error().text());
    return;
  }
  one.listener = std::move(*listener);
  nursery_.spawn("accept", accept_all(one));
}

void RoleDoors::close_all() {
  closed_ = true;
  for (Door& one : doors_) {
    if (one.listener) one.listener->close();
  }
}

Task<void> RoleDoors::accept_all(Door& door) {
  while (true) {
    auto conn = co_await door.listener->accept();
    if (!conn) break;
    welcome_(door.kind, std::move(*conn));
  }
  door.listener.reset();
}

}  // namespace multiaz::rt

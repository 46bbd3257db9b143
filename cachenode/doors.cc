#include "cachenode/doors.h"

#include <utility>

#include "base/core/log.h"

namespace multiaz::cachenode {

Doors::Doors(rt::Nursery& nursery, Welcome welcome)
    : nursery_(nursery), welcome_(std::move(welcome)) {
  door(DoorKind::kPrimary).kind = DoorKind::kPrimary;
  door(DoorKind::kPrimary).fd = rt::inherited_listener("cache");
  door(DoorKind::kReader).kind = DoorKind::kReader;
  door(DoorKind::kReader).fd = rt::inherited_listener("cache_reader");
}

Status Doors::open_own(rt::Address address) {
  auto listener = rt::Listener::bind(address);
  if (!listener) return listener.error();
  Door& own = door(DoorKind::kOwn);
  own.listener = std::move(*listener);
  address_ = own.listener->address();
  nursery_.spawn("accept", accept_all(own));
  return Status();
}

rt::Address Doors::address() const {
  return address_;
}

void Doors::set_open(DoorKind kind, bool open) {
  Door& one = door(kind);
  if (one.fd < 0 || closed_) return;
  if (!open) {
    if (one.listener) one.listener->close();
    return;
  }
  if (one.listener) return;  // open, or still closing: asked again soon
  auto listener = rt::Listener::adopt(one.fd);
  if (!listener) {
    log::warn(listener.error().text());
    return;
  }
  one.listener = std::move(*listener);
  nursery_.spawn("accept", accept_all(one));
}

void Doors::close_all() {
  closed_ = true;
  for (Door& one : doors_) {
    if (one.listener) one.listener->close();
  }
}

rt::Task<void> Doors::accept_all(Door& door) {
  while (true) {
    auto conn = co_await door.listener->accept();
    if (!conn) break;
    welcome_(door.kind, std::move(*conn));
  }
  door.listener.reset();
}

}  // namespace multiaz::cachenode

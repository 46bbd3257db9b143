#include "base/rt/role_listeners.h"

#include <utility>

#include "base/core/log.h"

namespace multiaz::rt {

RoleListeners::RoleListeners(Nursery& nursery, const std::string& endpoint, OnAccept on_accept)
    : nursery_(nursery), on_accept_(std::move(on_accept)) {
  slot(ListenerKind::kPrimary).kind = ListenerKind::kPrimary;
  slot(ListenerKind::kPrimary).fd = inherited_listener(endpoint);
  slot(ListenerKind::kReader).kind = ListenerKind::kReader;
  slot(ListenerKind::kReader).fd = inherited_listener(endpoint + "_reader");
}

Status RoleListeners::open_own(Address address) {
  auto listener = Listener::bind(address);
  if (!listener) return listener.error();
  Slot& own = slot(ListenerKind::kOwn);
  own.listener = std::move(*listener);
  address_ = own.listener->address();
  nursery_.spawn("accept", accept_all(own));
  return Status();
}

Address RoleListeners::address() const {
  return address_;
}

void RoleListeners::set_open(ListenerKind kind, bool open) {
  Slot& one = slot(kind);
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

void RoleListeners::close_all() {
  closed_ = true;
  for (Slot& one : slots_) {
    if (one.listener) one.listener->close();
  }
}

Task<void> RoleListeners::accept_all(Slot& slot) {
  while (true) {
    auto conn = co_await slot.listener->accept();
    if (!conn) break;
    on_accept_(slot.kind, std::move(*conn));
  }
  slot.listener.reset();
}

}  // namespace multiaz::rt

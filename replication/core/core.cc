// The public interface; the implementation is in impl.h.
#include "replication/core/core.h"

#include "replication/core/impl.h"

namespace multiaz::replication {

Core::Core(Config config) : impl_(std::make_unique<Impl>(std::move(config))) {}
Core::~Core() = default;

Effects Core::step(Nanos now, Event event) {
  return impl_->step(now, event);
}
bool Core::may_serve(Nanos now) const {
  return impl_->leadership().may_serve(now);
}
Refusal Core::can_append(Nanos now) const {
  return impl_->leadership().can_append(now);
}
bool Core::readable(Lsn state) const {
  return impl_->readable(state);
}
Nanos Core::lease_until() const {
  return impl_->peers().lease_until();
}
State Core::state() const {
  return impl_->role().state();
}
const View& Core::view() const {
  return impl_->role().view();
}
Lsn Core::tail() const {
  return impl_->log().tail();
}
Epoch Core::tail_epoch() const {
  return impl_->log().epoch_of(impl_->log().tail());
}
Lsn Core::durable() const {
  return impl_->log().durable();
}
Lsn Core::commit() const {
  return impl_->log().commit();
}
Lsn Core::applied() const {
  return impl_->log().applied();
}
Lsn Core::trim_limit() const {
  return impl_->peers().needed_after(impl_->log().applied());
}
std::vector<FollowerView> Core::followers() const {
  return impl_->peers().views();
}
uint64_t Core::digest() const {
  return impl_->digest();
}

}  // namespace multiaz::replication

// ConnLink: what the fabric does to one connection beside holding its bytes: late arrival, losses,
// resets, in each direction.
#pragma once

#include <functional>

#include "base/core/clock.h"
#include "base/rt/address.h"
#include "base/rt/fabric.h"

namespace multiaz::rt {

// One direction.
class LinkWay {
 public:
  enum class Fate { kPasses, kLost, kReset };
  void set(LinkState link) { link_ = link; }
  bool cut() const { return link_.cut; }
  bool slow() const { return link_.slow(); }
  // Decides what happens to bytes that take this way now; the fabric counts what it does.
  Fate judge(size_t bytes) {
    return link_.drop || link_.reset_percent > 0 ? judge_on_bad_link(bytes) : Fate::kPasses;
  }
  // When bytes that take this way now reach the other side.
  Nanos arrival(size_t bytes);
  bool drops() const { return link_.drop; }
  // Whether a black hole has swallowed bytes, so that this stream cannot go on.
  bool lost() const { return lost_; }
  void lose() { lost_ = true; }
  // Whether that black hole is gone, so that the ends must find out.
  bool broken() const { return lost_ && !link_.drop; }

 private:
  Fate judge_on_bad_link(size_t bytes);

  LinkState link_;
  bool lost_ = false;
  Nanos line_free_at_ = 0;  // for a link with little bandwidth
};

class ConnLink {
 public:
  // Calls `on_change` when the rules may have changed, until unwatch().
  void watch(std::function<void()> on_change);
  void unwatch();
  void refresh(Address local, Address peer);
  bool broken() const { return out.broken() || in.broken(); }
  // Accepted on a virtual endpoint. Each end delays, paces and resets what it sends, but a client
  // of such an endpoint cannot: rules are about instances, and it does not know which instance
  // accepts. So the accepting one does it for both directions.
  bool both_ways() const { return both_ways_; }

  LinkWay out, in;

 private:
  bool both_ways_ = false;
  bool watched_ = false;
  Fabric::Ticket ticket_;
};

}  // namespace multiaz::rt

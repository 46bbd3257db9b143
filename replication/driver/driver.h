// Driver: carries out the effects of a core in order. It knows which effects must wait; the ports
// know how effects are done. It has no loop, socket, file or time of its own, so that the daemon's
// member and the simulated node run this same code.
//
// feed() steps the core at once and queues its effects; pump() carries them out at the end of a
// turn, so that a turn full of appends is one write to the log and one batch to each follower.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "replication/core/core.h"
#include "replication/driver/batching.h"
#include "replication/driver/effect_queue.h"
#include "replication/driver/ports.h"

namespace multiaz::replication {

class Driver {
 public:
  Driver(Config config, Ports ports);

  void start(Start start);   // once, before all else; the state stands at start.applied
  void feed(Event event);    // links, messages, views, ticks
  void answer(Event event);  // answers an effect; the next pump feeds it
  void done(Done what);      // the current barrier is over
  void pump();               // at the end of a turn
  // Appends one record. kUnavailable, with the text of a Refusal: it was definitely not executed.
  Result<Lsn> append(std::string payload);
  void more_to_come(bool soon);  // whether another append follows within kHoldMs

  // A write or sync failed: no effect that waits behind the disk may leave any more.
  void log_failed(const std::string& reason);
  void give_up(const std::string& reason);  // it cannot go on; ControlPort::failed comes at once
  void retire();                            // an orderly end: it serves no more, and reports that
  void end() { life_ = Life::kEnded; }      // the process ends: no port is called again

  // The member is primary and no effect that ends this waits: it may execute, and its lease counts.
  bool leads() const { return !over() && state_ == State::kPrimary && !queue_.ends_role(); }
  bool serving() const { return leads() && core_.may_serve(ports_.clock.now()); }
  bool readable() const;  // whether readers that accept a stale state may see its state
  State state() const { return state_; }      // as carried out; the core may be ahead
  const View& view() const { return view_; }  // as stored
  const std::optional<std::string>& failure() const { return failure_; }
  const EffectQueue& queue() const { return queue_; }
  const Core& core() const { return core_; }
  uint64_t digest() const;  // equal digests and equal ports: the same future

 private:
  enum class Life { kRunning, kRetired, kEnded };  // kRetired: it begins nothing new
  bool over() const { return life_ == Life::kEnded || failure_.has_value(); }
  void carry_out_ready();
  void carry_out(Effect& effect);
  bool feed_answers();
  void apply_some();
  void flush();
  void roll_back(Lsn lsn);
  void stand_at(Lsn lsn);
  void change_role(const RoleChanged& change);

  Ports ports_;
  Core core_;
  EffectQueue queue_;
  std::deque<Event> answers_;
  Batching batching_;
  Life life_ = Life::kRunning;
  std::optional<std::string> failure_;
  View view_;
  State state_ = State::kStarting;
  Nanos last_lease_ = 0;  // the end of the lease before the last event, as primary
};

}  // namespace multiaz::replication

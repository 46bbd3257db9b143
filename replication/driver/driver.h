// Driver: carries out the effects of a core in order. It knows what must wait for what; the ports
// know how things are done. No loop, no socket, no file, no time of its own: the daemon's member
// and the simulated node run this same code.
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

  void start(Start start);    // once, first; the state stands at start.applied
  void feed(Event event);     // what happens: links, messages, views, ticks
  void answer(Event event);   // to an effect; fed by the next pump
  void done(Done what);       // what everything else waited for
  void pump();                // the end of a turn
  // One record. kUnavailable, with the text of a Refusal: definitely not executed.
  Result<Lsn> append(std::string payload);
  void more_to_come(bool soon);  // another append follows within kHoldMs, or not

  // A write or sync failed: nothing that waits behind the disk may leave any more.
  void log_failed(const std::string& reason);
  void give_up(const std::string& reason);  // it cannot go on; ControlPort::failed comes at once
  void retire();  // an orderly end: it serves no more, and says so
  void end() { life_ = Life::kEnded; }  // of the process: no port is called again

  // Told to be primary, and nothing that ends it waits: it may execute, and its lease counts.
  bool leads() const { return !over() && state_ == State::kPrimary && !queue_.ends_role(); }
  bool serving() const { return leads() && core_.may_serve(ports_.clock.now()); }
  bool readable() const;  // its state may be shown to readers that take a stale one
  State state() const { return state_; }  // carried out; the core may be ahead
  const View& view() const { return view_; }  // stored
  const std::optional<std::string>& failure() const { return failure_; }
  const EffectQueue& queue() const { return queue_; }
  const Core& core() const { return core_; }
  uint64_t digest() const;  // equal: the same future, with equal ports

 private:
  enum class Life { kRunning, kRetired, kEnded };  // kRetired: begins nothing any more
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

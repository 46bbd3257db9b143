// The driver's interface to the world around a core. Each request names its answer, which comes at
// once, from inside the request, or later: Driver::done for a barrier, otherwise Driver::answer.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "replication/core/effects.h"
#include "replication/core/events.h"

namespace multiaz::replication {

// These lift a barrier.
struct ViewStored {
  View view;
};
struct Installed {
  Lsn lsn;
};
struct Rebuilt {  // the state stands at lsn; the driver applies the missing records from the log
  Lsn lsn;
};
using Done = std::variant<ViewStored, Truncated, Installed, Rebuilt>;

class DiskPort {
 public:
  virtual ~DiskPort() = default;
  virtual void store_view(const View& view) = 0;  // durably -> done(ViewStored)
  // `committed`: known to be committed and durable on this member. -> answer(Appended or Persisted)
  virtual void append(std::vector<Record> records, Lsn committed) = 0;
  virtual void truncate(Lsn after) = 0;  // durably -> done(Truncated)
  // Hands all appended records to the disk: once a turn, so that a turn's records share one write.
  virtual void flush() = 0;
  // Hands over the answers of finished disk work. False: there were none.
  virtual bool poll() = 0;
};

class LinkPort {
 public:
  virtual ~LinkPort() = default;
  virtual void send(const NodeId& to, const Message& message) = 0;  // lost without a link
  virtual void send_records(const SendRecords& what) = 0;    // -> answer(RecordsSent)
  virtual void send_snapshot(const SendSnapshot& what) = 0;  // -> answer(SnapshotSent)
  virtual void flush() = 0;  // sends all that was queued: once a turn
};

// The state that the records change, and the log that it results from.
class MachinePort {
 public:
  virtual ~MachinePort() = default;
  // Applies records after `from`, at most up to `to`, as many as fit into a slice of a turn.
  // Returns the lsn of the state after that. An error: the log cannot be read.
  virtual Result<Lsn> apply(Lsn from, Lsn to) = 0;
  virtual void committed(Lsn lsn) = 0;  // answers the clients of own records up to here
  // Forgets executed effects after lsn. False: it cannot, and must be rebuilt.
  virtual bool rollback(Lsn lsn) = 0;
  virtual void rebuild(Lsn upto) = 0;  // from an own snapshot at or below -> done(Rebuilt)
  // Stores the received snapshot durably in the log, then in the state. -> done(Installed)
  virtual void install(const Mark& mark) = 0;
  virtual void stands_at(Lsn lsn) = 0;  // the state is executed and known as committed up to here
};

// The manager, the daemon around this member, and the event log.
class ControlPort {
 public:
  virtual ~ControlPort() = default;
  // `last_lease`: when the lease that it held as primary before this ended or will end.
  virtual void role_changed(const RoleChanged& change, Nanos last_lease) = 0;
  virtual void retired(Nanos last_lease) = 0;  // it serves no more: the daemon ends
  virtual void ack_view(Epoch epoch) = 0;
  virtual void request_view(const RequestView& request) = 0;
  virtual void notice(const Notice& notice) = 0;
  virtual void trace(const std::string& text) = 0;
  virtual void failed(const std::string& reason) = 0;  // the last call: this process must end
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Nanos now() const = 0;  // CLOCK_MONOTONIC
  virtual void wake() = 0;        // Driver::pump is due at the end of this turn, or in the next
};

// An observer for simulations, called for every event and effect.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void stepping(const Event& event) = 0;
  virtual void stepped(State before) = 0;
  virtual bool before(const Effect& effect) = 0;  // false: the process has ended, Driver::end
};

struct Ports {
  DiskPort& disk;
  LinkPort& links;
  MachinePort& machine;
  ControlPort& control;
  Clock& clock;
  Watcher* watcher = nullptr;
};

}  // namespace multiaz::replication

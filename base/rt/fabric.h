// The network fabric: which links are cut or slow. Every Conn asks it. A cut link HOLDS bytes: the
// sender keeps them in its own memory (they are lost when it is killed) and the receiver stops
// reading, so that neither FIN nor RST shows, as with a pulled cable. Each rule ends by itself at
// the end of its time to live, and all end with the main task (run() in loop.h).
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/rt/address.h"
#include "base/rt/loop.h"

namespace multiaz::rt {

// A set of addresses: one address ("127.20.1.61") or a prefix ("127.20.1.0/24").
struct AddressSet {
  uint32_t ip = 0;
  uint32_t mask = 0xffffffff;
  bool contains(uint32_t address) const { return (address & mask) == (ip & mask); }
};
Result<AddressSet> parse_address_set(std::string_view text);

struct LinkRule {
  enum class Kind {
    kCut,        // bytes are held
    kDelay,      // bytes take longer
    kDrop,       // bytes are lost without a sign; the connection is dead when the rule ends
    kReset,      // sent bytes reset their connection with a probability of `percent`
    kBandwidth,  // a limit in bits a second
  };
  std::string id;
  Kind kind = Kind::kCut;
  AddressSet from, to;      // applies to bytes that travel from -> to
  uint32_t delay_ms = 0;    // kDelay only
  uint32_t jitter_ms = 0;   // uniform extra in [0, jitter_ms]
  uint32_t percent = 0;     // kReset only
  uint32_t kbit_per_s = 0;  // kBandwidth only
  Nanos until = 0;          // CLOCK_MONOTONIC; the rule is void from then on
};

struct LinkState {
  bool cut = false;
  bool drop = false;
  uint32_t delay_ms = 0;
  uint32_t jitter_ms = 0;
  uint32_t reset_percent = 0;
  uint32_t kbit_per_s = 0;  // 0 means no limit
  // Whether neither connections nor datagrams get through.
  [[nodiscard]] bool blocked() const { return cut || drop; }
  [[nodiscard]] bool slow() const { return delay_ms + jitter_ms + kbit_per_s > 0; }
};

class Fabric {
 public:
  // Replaces all rules. Conns that are affected react at once.
  void set_rules(std::vector<LinkRule> rules);
  // The state of the direction from -> to at this moment.
  LinkState link(uint32_t from_ip, uint32_t to_ip) const;
  bool quiet() const { return rules_.empty(); }
  // The ids of the rules that are in force now.
  std::vector<std::string> in_force() const;
  // The address of this instance, for connections that it accepted on a virtual endpoint
  // (127.C.0.N): links are between instances, whatever address a client used. Such a connection
  // applies the rules of both directions, since its client cannot know which instance accepted.
  void set_self(uint32_t ip) { self_ = ip; }
  uint32_t own(uint32_t local_ip) const {
    const bool endpoint = (local_ip >> 8) == ((self_ >> 16) << 8);
    return self_ != 0 && endpoint ? self_ : local_ip;
  }

  // Judges by the security groups which address may open a connection (or send a datagram) to a
  // local port. Returns the reason for a refusal, or "" for admission. Without a guard every
  // address is admitted.
  using Guard = std::function<std::string(uint32_t from_ip, uint16_t to_port)>;
  using OnDenied = std::function<void(Address from, Address to, const std::string& why)>;
  void set_guard(Guard guard, OnDenied on_denied);
  // False: the connection was refused and reported.
  bool admits(Address from, Address to);
  uint64_t denied() const { return denied_; }

  // The effects of the rules so far: the proof that they act.
  struct Bites {
    uint64_t bytes_held = 0;     // held by cuts
    uint64_t bytes_delayed = 0;  // slowed by delays and bandwidth
    uint64_t bytes_dropped = 0;  // swallowed by black holes
    uint64_t resets = 0;
  };
  const Bites& bites() const { return bites_; }
  Bites& bites() { return bites_; }

  // For Conn only: the function is called whenever the rules may have changed.
  using Ticket = std::list<std::function<void()>>::iterator;
  Ticket watch(std::function<void()> on_change);
  void unwatch(Ticket ticket);

 private:
  void changed();
  void arm_expiry();
  void on_expiry();

  std::vector<LinkRule> rules_;
  std::list<std::function<void()>> watchers_;
  std::unique_ptr<Timer> expiry_;
  Bites bites_;
  uint32_t self_ = 0;
  Guard guard_;
  OnDenied on_denied_;
  uint64_t denied_ = 0;
};

Fabric& fabric();  // the fabric of this process

}  // namespace multiaz::rt

// The network fabric: which links are cut or slow. Every Conn asks it. A cut link HOLDS bytes: the
// sender keeps them in its own memory (they are lost when it is killed) and the receiver stops
// reading, so that neither FIN nor RST shows, as with a pulled cable. Rules heal by themselves at
// the end of their time to live, whoever set them.
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

// A set of addresses: one ("127.20.1.61") or a prefix ("127.20.1.0/24").
struct AddressSet {
  uint32_t ip = 0;
  uint32_t mask = 0xffffffff;
  bool contains(uint32_t address) const { return (address & mask) == (ip & mask); }
};
Result<AddressSet> parse_address_set(std::string_view text);

struct LinkRule {
  enum class Kind { kCut, kDelay };
  std::string id;
  Kind kind = Kind::kCut;
  AddressSet from, to;     // applies to bytes that travel from -> to
  uint32_t delay_ms = 0;   // kDelay only
  uint32_t jitter_ms = 0;  // uniform extra in [0, jitter_ms]
  Nanos until = 0;         // CLOCK_MONOTONIC; the rule is void from then on
};

struct LinkState {
  bool cut = false;
  uint32_t delay_ms = 0;
  uint32_t jitter_ms = 0;
};

class Fabric {
 public:
  // Replaces all rules. Conns that are affected notice at once.
  void set_rules(std::vector<LinkRule> rules);
  // State of the direction from -> to at this moment.
  LinkState link(uint32_t from_ip, uint32_t to_ip) const;
  bool quiet() const { return rules_.empty(); }
  // The address of this instance, for connections that it accepted on a virtual endpoint
  // (127.C.0.N): links are between instances, whatever name they meet under.
  void set_self(uint32_t ip) { self_ = ip; }
  uint32_t own(uint32_t local_ip) const {
    const bool endpoint = (local_ip >> 8) == ((self_ >> 16) << 8);
    return self_ != 0 && endpoint ? self_ : local_ip;
  }

  // Who may open a connection (or send a datagram) to a local port: the security groups. Says why
  // not, or nothing when it may. Without a guard everybody may.
  using Guard = std::function<std::string(uint32_t from_ip, uint16_t to_port)>;
  using OnDenied = std::function<void(Address from, Address to, const std::string& why)>;
  void set_guard(Guard guard, OnDenied on_denied);
  // False: it was refused and reported.
  bool admits(Address from, Address to);
  uint64_t denied() const { return denied_; }

  // Bytes that cut links have held back so far: the proof that a cut bit.
  uint64_t bytes_held() const { return bytes_held_; }
  void count_held(uint64_t bytes) { bytes_held_ += bytes; }

  // Conn's side: called whenever the rules may have changed.
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
  uint64_t bytes_held_ = 0;
  uint32_t self_ = 0;
  Guard guard_;
  OnDenied on_denied_;
  uint64_t denied_ = 0;
};

Fabric& fabric();  // of this process

}  // namespace multiaz::rt

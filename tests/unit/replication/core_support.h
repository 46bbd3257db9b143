// Helpers that drive one Core by hand: the members are "a", "b" and "c", time is in milliseconds.
#pragma once

#include <gtest/gtest.h>

#include <variant>

#include "replication/core/core.h"

namespace multiaz::replication {

inline MemberRef ref(const char* id) {
  return {NodeId(id), Incarnation(std::string(id) + "1")};
}

inline View view_of(uint64_t epoch, const char* primary, std::vector<const char*> in_sync,
                    std::vector<const char*> learners = {}) {
  View view;
  view.epoch = Epoch(epoch);
  view.primary = NodeId(primary);
  view.launch = Launch(1);
  for (const char* id : in_sync) view.in_sync.push_back(ref(id));
  for (const char* id : learners) view.learners.push_back({NodeId(id), true});
  return view;
}

class LoneCore {
 public:
  explicit LoneCore(const char* id, Durability level = Durability::kMemory)
      : core(make(id, level)) {
    feed(Start{});
  }

  // Returns the effects of the core for this event at this time.
  Effects feed(Event event) { return all = core.step(ms(now_ms), std::move(event)); }
  Effects from(const char* peer, Message message) {
    return feed(Received{NodeId(peer), std::move(message)});
  }
  void link(const char* peer) { feed(LinkUp{ref(peer), Launch(1)}); }

  // The effects of this type that the last event caused.
  template <typename T>
  std::vector<T> got() const {
    std::vector<T> out;
    for (const Effect& effect : all)
      if (const T* found = std::get_if<T>(&effect)) out.push_back(*found);
    return out;
  }
  template <typename T>
  std::vector<T> sent() const {
    std::vector<T> out;
    for (const SendMessage& send : got<SendMessage>())
      if (const T* found = std::get_if<T>(&send.message)) out.push_back(*found);
    return out;
  }

  // Makes a the serving primary of a and b at now_ms; b has every record so far.
  void lead_two() {
    link("b");
    feed(ViewUpdate{view_of(1, "a", {"a", "b"}, {"c"}), true});
    const auto leads = sent<Lead>();
    ASSERT_EQ(leads.size(), 1u);
    round = leads[0].round;
    from("b", HeartbeatAck{Epoch(1), ms(now_ms), Lsn()});
    from("b", Ack{Epoch(1), round, Lsn(), Lsn()});
    ASSERT_EQ(core.state(), State::kPrimary);
  }

  static Config make(const char* id, Durability level) {
    Config config;
    config.self = ref(id);
    config.launch = Launch(1);
    config.durability = level;
    return config;
  }

  Core core;
  Effects all;
  uint64_t now_ms = 1000;
  uint64_t round = 0;
};

// Makes records from lsn `first` on with these payloads, on top of `previous`.
inline std::vector<Record> records(uint64_t epoch, uint64_t first, uint64_t previous,
                                   const std::vector<std::string>& payloads) {
  std::vector<Record> out;
  for (const std::string& payload : payloads) {
    const Lsn lsn(first + out.size());
    previous = chain_hash(previous, Epoch(epoch), lsn, payload);
    out.push_back({Epoch(epoch), lsn, previous, payload});
  }
  return out;
}

}  // namespace multiaz::replication

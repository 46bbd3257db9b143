// A hash over everything that the next step of a Core or a Manager depends on. The exhaustive
// exploration uses it to continue only once from each state. It may differ between versions.
#pragma once

#include <optional>
#include <variant>

#include "replication/core/messages.h"

namespace multiaz::replication {

class Digest {
 public:
  uint64_t value() const { return value_; }

  template <typename... Parts>
  Digest& add(const Parts&... parts) {
    (one(parts), ...);
    return *this;
  }

 private:
  void one(uint64_t number) {
    value_ = (value_ ^ number) * 0x9e3779b97f4a7c15;
    value_ ^= value_ >> 32;
  }
  void one(std::string_view text) {
    uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    one(hash);
  }
  void one(const std::string& text) { one(std::string_view(text)); }
  void one(const char* text) { one(std::string_view(text)); }
  void one(Lsn lsn) { one(lsn.raw); }
  void one(Epoch epoch) { one(epoch.raw); }
  void one(Launch launch) { one(launch.raw); }
  void one(const NodeId& id) { one(id.raw); }
  void one(const Incarnation& life) { one(life.raw); }
  void one(const MemberRef& member) { add(member.id, member.incarnation); }
  void one(const View& view) { one(describe(view)); }
  void one(const History& history) {
    one(history.size());
    for (const EpochStart& start : history) add(start.epoch, start.first);
  }
  void one(const Mark& mark) { add(mark.lsn, mark.hash, mark.history); }
  void one(const Message& message) {
    one(describe(message));
    if (const auto* beat = std::get_if<Heartbeat>(&message)) one(beat->sent_ns);
    if (const auto* ack = std::get_if<HeartbeatAck>(&message)) one(ack->sent_ns);
    if (const auto* batch = std::get_if<AppendBatch>(&message)) one(batch->prev_hash);
  }
  template <typename T>
  void one(const std::optional<T>& maybe) {
    one(maybe ? 1u : 0u);
    if (maybe) one(*maybe);
  }
  void one(bool flag) { one(flag ? 1u : 0u); }
  void one(uint32_t number) { one(static_cast<uint64_t>(number)); }

  uint64_t value_ = 0;
};

}  // namespace multiaz::replication

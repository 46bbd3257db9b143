// Strong ids: an epoch cannot be passed where a log position is meant.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <utility>

namespace multiaz {

template <typename Tag, typename Raw>
struct StrongId {
  Raw raw{};
  constexpr StrongId() = default;
  constexpr explicit StrongId(Raw value) : raw(std::move(value)) {}
  auto operator<=>(const StrongId&) const = default;
};

template <typename Tag, typename Raw>
std::ostream& operator<<(std::ostream& out, const StrongId<Tag, Raw>& id) {
  return out << id.raw;
}

// The epoch of a view; 0 stands for "no view yet". It grows strictly.
using Epoch = StrongId<struct EpochTag, uint64_t>;
// Log sequence number: the first record is 1, and 0 stands for an empty log.
using Lsn = StrongId<struct LsnTag, uint64_t>;
// The name of an instance, such as "cache-a1"; it stays the same over restarts.
using NodeId = StrongId<struct NodeIdTag, std::string>;
// 32 hex digits, drawn anew whenever a member's state starts empty (replication.md, Words).
using Incarnation = StrongId<struct IncarnationTag, std::string>;

constexpr Lsn next(Lsn lsn) {
  return Lsn(lsn.raw + 1);
}
constexpr Epoch next(Epoch epoch) {
  return Epoch(epoch.raw + 1);
}

}  // namespace multiaz

template <typename Tag, typename Raw>
struct std::hash<multiaz::StrongId<Tag, Raw>> {
  size_t operator()(const multiaz::StrongId<Tag, Raw>& id) const {
    return std::hash<Raw>()(id.raw);
  }
};

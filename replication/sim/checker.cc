#include "replication/sim/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "replication/sim/world.h"

namespace multiaz::replication::sim {

void Checker::violate(const std::string& check, const std::string& detail) {
  if (failed()) return;
  violation_ = {check, detail, world_.now()};
  world_.trace("CHECK", check + ": " + detail);
}

void Checker::after_step(uint32_t index) {
  const Node& node = world_.node(index);
  Member& member = members_[index];
  if (node.core().epoch() < member.epoch)
    violate("epoch-went-back", fmt::format("{} from {} to {}", node.id().raw, member.epoch.raw,
                                           node.core().epoch().raw));
  member.epoch = node.disk_.view.epoch;  // any other member can know at most this epoch
  const Lsn commit = node.core().commit();
  if (node.settled()) {
    check_commit(node, member, commit);
    check_state(node);
  } else {  // disk and state are not yet as far as the core
    check_commit(node, member, std::min(commit, node.disk_.tail()));
  }
  if (node.serves()) check_serving();  // an overlap begins with a step of the second member
}

namespace {
Epoch epoch_of(const Message& message) {
  return std::visit(
      [](const auto& m) {
        if constexpr (requires { m.epoch; })
          return m.epoch;
        else if constexpr (requires { m.view; })
          return m.view.epoch;
        else
          return Epoch();
      },
      message);
}
}  // namespace

// Rule 1: no message leaves in an epoch that a crash could make this member forget.
void Checker::sending(uint32_t index, const Message& message) {
  const Node& node = world_.node(index);
  if (epoch_of(message) > node.disk_.view.epoch)
    violate("epoch-not-persisted", fmt::format("{} sends {}, its disk says {}", node.id().raw,
                                               describe(message), node.disk_.view.epoch.raw));
}

void Checker::process_ended(uint32_t index) {
  members_[index].commit = Lsn();
}
void Checker::disk_emptied(uint32_t index) {
  members_[index] = Member();
}

// What any member calls committed is the one history, and a new record must have its place there.
void Checker::check_commit(const Node& node, Member& member, Lsn commit) {
  if (world_.settings().durability == Durability::kAsync) return;  // this level gives no guarantee
  member.commit = std::min(member.commit, commit);
  member.commit = std::max(member.commit, node.disk_.base());
  while (member.commit < commit && !failed()) {
    const Lsn lsn = member.commit = next(member.commit);
    const auto hash = node.disk_.hash_at(lsn);
    if (!hash) return violate("committed-not-in-log", fmt::format("{} {}", node.id().raw, lsn.raw));
    if (lsn.raw <= history_.size()) {
      if (history_[lsn.raw - 1] != *hash)
        violate("committed-record-changed",
                fmt::format("{} has another record {} than was committed", node.id().raw, lsn.raw));
      continue;
    }
    if (lsn.raw != history_.size() + 1)
      return violate("committed-gap", fmt::format("{} {}", node.id().raw, lsn.raw));
    history_.push_back(*hash);
    check_holders(node, lsn, *hash);
  }
}

// Rule 2: at the moment of commit every member of the newest set has the record at the promised
// level, so the member that is promoted next has it, too.
void Checker::check_holders(const Node& node, Lsn lsn, uint64_t hash) {
  const Durability level = world_.settings().durability;
  if (level == Durability::kAsync) return;
  for (const MemberRef& ref : world_.control().latest_view().in_sync) {
    const Node& holder = world_.node(world_.index_of(ref.id));
    if (holder.disk_.incarnation != ref.incarnation) continue;  // that incarnation has ended
    const Lsn safe = level == Durability::kDisk ? holder.disk_.synced() : holder.disk_.written();
    if (safe >= lsn && holder.disk_.base() > lsn) continue;
    const auto held = holder.disk_.hash_at(lsn);
    if (safe < lsn || !held || *held != hash)
      violate("commit-without-in-sync",
              fmt::format("{} committed {}, in-sync member {} does not hold it", node.id().raw,
                          lsn.raw, holder.id().raw));
  }
}

// The state equals the log, record for record; only the primary may be ahead of its commit point.
void Checker::check_state(const Node& node) {
  const Values& state = node.state();
  if (state.size() < node.core().applied().raw)
    return violate("state-behind", fmt::format("{} applied {}, has {}", node.id().raw,
                                               node.core().applied().raw, state.size()));
  if (node.core().state() != State::kPrimary && state.size() > node.core().applied().raw)
    return violate("uncommitted-visible", fmt::format("{} has {} values, applied {}", node.id().raw,
                                                      state.size(), node.core().applied().raw));
  const Lsn last(state.size());
  if (last > node.disk_.base() && node.disk_.holds(last) &&
      node.disk_.record(last).payload != std::to_string(state.back()))
    violate("state-not-log", fmt::format("{} at {}", node.id().raw, last.raw));
}

// At no real instant may two members answer reads from their own state.
void Checker::check_serving() {
  const Node* serving = nullptr;
  for (uint32_t i = 0; i < world_.size(); ++i) {
    const Node& node = world_.node(i);
    if (!node.serves()) continue;
    if (serving != nullptr)
      return violate("lease-overlap", fmt::format("{} serves in epoch {} and {} in epoch {}",
                                                  serving->id().raw, serving->core().epoch().raw,
                                                  node.id().raw, node.core().epoch().raw));
    serving = &node;
  }
}

void Checker::became_primary(uint32_t index) {
  const Node& node = world_.node(index);
  const Epoch epoch = node.core().epoch();
  const auto [found, fresh] = primaries_.emplace(epoch, index);
  if (!fresh && found->second != index)
    violate("two-primaries-in-one-epoch", fmt::format("epoch {}: {} and {}", epoch.raw,
                                                      member_name(found->second), node.id().raw));
  if (world_.settings().durability == Durability::kAsync || history_.empty()) return;
  const Lsn last(history_.size());
  if (node.disk_.base() > last) return;
  const auto hash = node.disk_.hash_at(last);
  if (hash && *hash == history_.back()) return;
  violate(acked_.raw > 0 ? "acked-write-lost" : "committed-record-lost",
          fmt::format("{} leads epoch {} with a log up to {}; committed {}, acknowledged {}",
                      node.id().raw, epoch.raw, node.disk_.tail().raw, last.raw, acked_.raw));
}

void Checker::acknowledged(uint32_t index, Lsn lsn) {
  acked_ = std::max(acked_, lsn);
  if (lsn.raw > world_.node(index).core().commit().raw)
    violate("acked-before-commit", fmt::format("{} {}", member_name(index), lsn.raw));
}

// The log is one object with real-time order: an answer includes everything that any client had
// seen before the question was asked.
void Checker::completed(bool write, Lsn lsn, Lsn floor) {
  if (world_.settings().durability == Durability::kAsync) return;
  if (write ? lsn <= floor : lsn < floor)
    violate(write ? "write-out-of-order" : "stale-read",
            fmt::format("answered at {}, but {} was seen before the question", lsn.raw, floor.raw));
  floor_ = std::max(floor_, lsn);
}

void Checker::replica_read(Lsn lsn, Lsn floor) {
  if (lsn < floor && world_.settings().durability != Durability::kAsync)
    violate("stale-replica-read",
            fmt::format("a replica showed {}, but {} was acknowledged before it began to follow",
                        lsn.raw, floor.raw));
  if (lsn.raw > history_.size())
    violate("uncommitted-visible",
            fmt::format("a replica showed {}, committed is {}", lsn.raw, history_.size()));
}

void Checker::view_made(const View& view) {
  const auto [found, fresh] = views_.emplace(view.epoch, view);
  if (!fresh && found->second != view)
    violate("two-views-in-one-epoch", describe(found->second) + " and " + describe(view));
  if (view.in_sync.empty()) violate("empty-in-sync-set", describe(view));
}

void Checker::views_forgotten(Epoch last) {
  views_.erase(views_.upper_bound(last), views_.end());
}

bool Checker::complete(const Disk& disk) const {
  if (acked_ == Lsn()) return true;
  if (acked_ > disk.tail()) return false;
  const auto hash = disk.hash_at(acked_);
  return !hash || *hash == history_[acked_.raw - 1];  // without a hash it lies in the snapshot
}

void Checker::check_end() {
  for (uint32_t i = 0; i < world_.size(); ++i) {
    const Node& node = world_.node(i);
    if (!node.up()) continue;
    const auto hash = node.disk_.hash_at(Lsn(history_.size()));
    if (!history_.empty() && (!hash || *hash != history_.back()) &&
        world_.settings().durability != Durability::kAsync)
      violate("acked-write-lost",
              fmt::format("{} ends at {} without the committed {}", node.id().raw,
                          node.disk_.tail().raw, history_.size()));
  }
}

}  // namespace multiaz::replication::sim

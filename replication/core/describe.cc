// Describes each message, event and effect in one line, for traces and golden tests.
#include <fmt/format.h>

#include <array>
#include <variant>

#include "replication/core/core.h"
#include "replication/core/text.h"

namespace multiaz::replication {
namespace {

std::string history_text(const History& history) {
  std::string out;
  for (const EpochStart& start : history)
    out += fmt::format("{}{}@{}", out.empty() ? "" : ",", start.epoch.raw, start.first.raw);
  return out.empty() ? "-" : out;
}

std::string text(const Handshake& m) {
  return fmt::format("handshake {}", m.id.raw);
}
std::string text(const Lead& m) {
  return fmt::format("lead epoch {} round {} tail {} base {} history {}", m.view.epoch.raw, m.round,
                     m.tail.raw, m.base.raw, history_text(m.history));
}
std::string text(const Ack& m) {
  return fmt::format("ack epoch {} round {} appended {} durable {}{}", m.epoch.raw, m.round,
                     m.appended.raw, m.durable.raw, m.need_snapshot ? " needs snapshot" : "");
}
std::string text(const AppendBatch& m) {
  return fmt::format("append epoch {} round {} lsn {}..{} after epoch {} commit {}", m.epoch.raw,
                     m.round, m.prev.raw + 1, m.prev.raw + m.records.size(), m.prev_epoch.raw,
                     m.commit.raw);
}
std::string text(const Heartbeat& m) {
  const std::string current = m.current_round ? fmt::format(" round {}", m.current_round) : "";
  return fmt::format("heartbeat epoch {} commit {}{}", m.epoch.raw, m.commit.raw, current);
}
std::string text(const HeartbeatAck& m) {
  return fmt::format("heartbeat-ack epoch {} tail {}", m.epoch.raw, m.tail.raw);
}
std::string text(const Nack& m) {
  return fmt::format("nack epoch {} round {} expected {}", m.epoch.raw, m.round, m.expected.raw);
}
std::string text(const Reject& m) {
  return fmt::format("reject view {}", describe(m.view));
}
std::string text(const SnapshotBegin& m) {
  return fmt::format("snapshot-begin epoch {} round {} lsn {}", m.epoch.raw, m.round,
                     m.mark.lsn.raw);
}
std::string text(const SnapshotChunk& m) {
  return fmt::format("snapshot-chunk {}", m.index);
}
std::string text(const SnapshotEnd& m) {
  return fmt::format("snapshot-end {}", m.chunks);
}

std::string text(const Start& e) {
  return fmt::format("start tail {} base {} applied {} history {} view {}", e.tail.lsn.raw,
                     e.base.lsn.raw, e.applied.raw, history_text(e.tail.history), describe(e.view));
}
std::string text(const ViewUpdate& e) {
  return fmt::format("view {}{}", describe(e.view), e.fenced ? " fenced" : "");
}
std::string text(const LinkUp& e) {
  return "link up " + e.peer.id.raw;
}
std::string text(const LinkDown& e) {
  return "link down " + e.peer.raw;
}
std::string text(const Received& e) {
  return fmt::format("from {}: {}", e.from.raw, describe(e.message));
}
std::string text(const Appended& e) {
  return fmt::format("appended {}", e.lsn.raw);
}
std::string text(const Persisted& e) {
  return fmt::format("persisted {}", e.lsn.raw);
}
std::string text(const LogFailed& e) {
  return "log failed: " + e.reason;
}
std::string text(const Truncated& e) {
  return fmt::format("truncated to {}", e.tail.lsn.raw);
}
std::string text(const ClientAppend& e) {
  return fmt::format("client append {}", e.payloads.size());
}
std::string text(const RecordsSent& e) {
  return fmt::format("records sent to {} up to {}", e.to.raw, e.last.raw);
}
std::string text(const SnapshotSent& e) {
  return fmt::format("snapshot {} {} to {}", e.lsn.raw, e.ok ? "sent" : "not possible", e.to.raw);
}
std::string text(const SnapshotReceived& e) {
  return fmt::format("snapshot {} received from {}", e.mark.lsn.raw, e.from.raw);
}
std::string text(const SnapshotInstalled&) {
  return "snapshot installed";
}
std::string text(const LogTrimmed& e) {
  return fmt::format("log trimmed to {}", e.base.raw);
}
std::string text(const HandOver& e) {
  return "hand over to " + e.to.raw;
}
std::string text(const Tick&) {
  return "tick";
}

std::string text(const PersistView& e) {
  return "persist view " + describe(e.view);
}
std::string text(const AppendLog& e) {
  CHECK(!e.records.empty());
  return fmt::format("append log {}..{}", e.records.front().lsn.raw, e.records.back().lsn.raw);
}
std::string text(const TruncateLog& e) {
  return fmt::format("truncate log after {}", e.after.raw);
}
std::string text(const SendMessage& e) {
  return fmt::format("to {}: {}", e.to.raw, describe(e.message));
}
std::string text(const SendRecords& e) {
  return fmt::format("send records {}..{} to {} commit {}", e.first.raw, e.last.raw, e.to.raw,
                     e.commit.raw);
}
std::string text(const SendSnapshot& e) {
  return "send snapshot to " + e.to.raw;
}
std::string text(const InstallSnapshot& e) {
  return fmt::format("install snapshot {}", e.mark.lsn.raw);
}
std::string text(const CommitPoint& e) {
  return fmt::format("commit {}", e.lsn.raw);
}
std::string text(const ApplyUpTo& e) {
  return fmt::format("apply up to {}", e.lsn.raw);
}
std::string text(const Rollback& e) {
  return fmt::format("rollback to {}", e.lsn.raw);
}
std::string text(const RoleChanged& e) {
  return fmt::format("role {} epoch {}: {}", to_string(e.state), e.epoch.raw, e.reason);
}
std::string text(const AckView& e) {
  return fmt::format("ack view {}", e.epoch.raw);
}
std::string text(const RequestView& e) {
  return fmt::format("request {} {} on epoch {}: {}", to_string(e.change), e.member.id.raw,
                     e.base.raw, e.reason);
}
std::string text(const Trace& e) {
  return e.text;
}
std::string text(const Notice& e) {
  return fmt::format("notice {}: {}", e.kind, e.text);
}
std::string text(const Fail& e) {
  return "fail: " + e.reason;
}

}  // namespace

std::string_view name_of(const Message& message) {
  constexpr std::array<std::string_view, std::variant_size_v<Message::variant>> kNames{
      "handshake",      "lead",           "ack",         "append",
      "heartbeat",      "heartbeat-ack",  "nack",        "reject",
      "snapshot-begin", "snapshot-chunk", "snapshot-end"};
  return kNames[message.index()];
}

std::string describe(const Message& message) {
  return std::visit([](const auto& m) { return text(m); }, message);
}
std::string describe(const Event& event) {
  return std::visit([](const auto& e) { return text(e); }, event);
}
std::string describe(const Effect& effect) {
  return std::visit([](const auto& e) { return text(e); }, effect);
}

std::string_view to_string(State state) {
  constexpr std::array<std::string_view, 7> kNames{"starting",   "idle",    "learner", "secondary",
                                                   "activating", "primary", "failed"};
  return kNames[static_cast<size_t>(state)];
}

std::string_view to_string(Change change) {
  constexpr std::array<std::string_view, 4> kNames{"add", "remove", "replace-primary", "hand-over"};
  return kNames[static_cast<size_t>(change)];
}

std::string_view to_string(Refusal refusal) {
  constexpr std::array<std::string_view, 6> kNames{"accepted",     "not the primary",
                                                   "no lease",     "too few in-sync members",
                                                   "handing over", "too much is uncommitted"};
  return kNames[static_cast<size_t>(refusal)];
}

}  // namespace multiaz::replication

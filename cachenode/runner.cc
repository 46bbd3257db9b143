#include "cachenode/runner.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "cachenode/limits.h"

namespace multiaz::cachenode {

namespace {

constexpr Lsn kOpenRecord{UINT64_MAX};  // stands for the lsn that the open record will get
constexpr std::string_view kLeaseLost =
    "UNAVAILABLE the primary has no lease; the command was not executed";

}  // namespace

BatchResult Runner::run(Client& client, wire::resp::CommandDecoder& decoder, std::string_view input,
                        const Permissions& permissions) {
  out_.clear();
  if (out_.capacity() > kBatchReplyBytesMax) out_.shrink_to_fit();
  spans_.clear();
  BatchResult result;
  bool going = true;
  for (size_t commands = 0; going && commands < kBatchCommandsMax; ++commands) {
    const std::string_view rest = input.substr(result.consumed);
    if (rest.empty()) break;
    const auto decoded = decoder.decode(rest);
    if (const auto* command = std::get_if<wire::resp::Command>(&decoded)) {
      result.consumed += command->consumed;
      if (!command->args.empty()) going = step(client, command->args, permissions);
    } else if (const auto* more = std::get_if<wire::resp::NeedMore>(&decoded)) {
      result.bytes_wanted = std::max<size_t>(more->bytes_min, 1);
      break;
    } else {
      const size_t begin = out_.size();
      wire::resp::ReplyWriter(out_, client.resp)
          .error(std::get<wire::resp::ProtocolError>(decoded).text);
      note_reply(begin, Lsn());
      client.close_after_reply = true;
      going = false;
    }
  }
  finish(client, permissions);
  result.close = client.close_after_reply;
  return result;
}

bool Runner::step(Client& client, Args args, const Permissions& permissions) {
  const size_t begin = out_.size();
  const bool was_authenticated = client.authenticated;
  const Lsn need = dispatcher_.execute(client, args, permissions, out_);
  note_reply(begin, db_.journal().open() ? kOpenRecord : need);
  // A log-in changes the decoder's limits, and WAIT holds all replies behind it.
  return !client.close_after_reply && !client.wait && client.authenticated == was_authenticated &&
         out_.size() < kBatchReplyBytesMax && db_.journal().payload_bytes() < kBatchRecordBytesMax;
}

void Runner::note_reply(size_t begin, Lsn need) {
  if (!spans_.empty()) need = std::max(need, spans_.back().need);
  if (spans_.empty() || need > spans_.back().need) {
    spans_.emplace_back();
    spans_.back().need = need;
  }
  spans_.back().end = out_.size();
  spans_.back().replies += out_.size() > begin;
}

Result<Lsn> Runner::append_open() {
  Result<Lsn> lsn = group_.append(db_.journal().take_payload());
  if (lsn)
    db_.journal().seal(*lsn);
  else
    db_.journal().revert(Journal::Mark());
  return lsn;
}

void Runner::finish(Client& client, const Permissions& permissions) {
  if (permissions.may_write && !group_.serving()) {
    db_.journal().revert(Journal::Mark());
    refuse_from(0, kLeaseLost);
    client.close_after_reply = true;
    return;
  }
  if (!db_.journal().open()) return;
  const auto first_open = std::find_if(
      spans_.begin(), spans_.end(), [](const ReplySpan& span) { return span.need == kOpenRecord; });
  const Result<Lsn> lsn = append_open();
  if (lsn) {
    client.last_write = *lsn;
    if (first_open != spans_.end()) first_open->need = *lsn;
    return;
  }
  refuse_from(static_cast<size_t>(first_open - spans_.begin()),
              "UNAVAILABLE " + lsn.error().detail + "; the command was not executed");
  client.close_after_reply = true;
}

void Runner::refuse_from(size_t first, std::string_view error) {
  size_t replies = 0;
  for (size_t at = first; at < spans_.size(); ++at) replies += spans_[at].replies;
  spans_.resize(first);
  out_.resize(first == 0 ? 0 : spans_.back().end);
  ReplySpan refused;
  if (first > 0) refused.need = spans_.back().need;
  wire::resp::ReplyWriter writer(out_, 2);  // errors look the same in both versions
  for (refused.replies = 0; refused.replies < replies; ++refused.replies) writer.error(error);
  refused.end = out_.size();
  spans_.push_back(refused);
}

}  // namespace multiaz::cachenode

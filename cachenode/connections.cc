#include "cachenode/connections.h"

#include <algorithm>
#include <string>
#include <utility>

namespace multiaz::cachenode {

namespace {

constexpr std::string_view kInDoubt =
    "-INDOUBT the role was lost before the write was committed; it may or may not have been "
    "executed\r\n";

}  // namespace

void Connections::add(Session& session) {
  session.client.id = next_id_++;
  sessions_.emplace(session.client.id, &session);
}

void Connections::deliver(Session& session, Lsn committed, std::string_view replies,
                          const std::vector<ReplySpan>& spans) {
  size_t at = 0, sent = 0;
  if (session.outbox.empty()) {
    for (; at < spans.size() && spans[at].need <= committed; ++at) {
      sent = spans[at].end;
    }
    stats_.output_bytes += sent;
    session.send(replies.substr(0, sent));
  }
  for (; at < spans.size(); ++at) {
    const Lsn need = std::max(spans[at].need, session.outbox.newest());
    session.outbox.hold(replies.substr(sent, spans[at].end - sent), need, spans[at].replies);
    sent = spans[at].end;
    std::vector<uint64_t>& ids = waiting_[need];
    if (ids.empty() || ids.back() != session.client.id) ids.push_back(session.client.id);
  }
}

void Connections::release(Lsn committed) {
  while (!waiting_.empty() && waiting_.begin()->first <= committed) {
    const std::vector<uint64_t> ids = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    for (const uint64_t id : ids) {
      const auto found = sessions_.find(id);
      if (found == sessions_.end()) continue;
      const std::string ready = found->second->outbox.release(committed);
      stats_.output_bytes += ready.size();
      found->second->send(ready);
    }
  }
  notify_moved();
}

void Connections::role_lost() {
  for (const auto& [id, session] : sessions_) {
    if (!session->outbox.empty())
      end_in_doubt(*session);
    else if (session->listener == rt::ListenerKind::kPrimary)
      session->end();
  }
  waiting_.clear();
}

void Connections::end_all() {
  for (const auto& [id, session] : sessions_) {
    if (session->outbox.empty())
      session->end();
    else
      end_in_doubt(*session);
  }
  moved_.notify_all();
}

void Connections::end_in_doubt(Session& session) {
  stats_.in_doubt_replies += session.outbox.replies();
  if (!session.over()) session.send(kInDoubt);
  session.outbox.clear();
  session.end();
}

}  // namespace multiaz::cachenode

// One session and any bytes of the protocol: the session goes on or ends in order, and no change
// becomes visible to another session without going through the group.
#include <sqlite3.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "dbnode/session.h"
#include "dbnode/store/page_store.h"

namespace {

using namespace multiaz;
using namespace multiaz::dbnode;

constexpr size_t kMessagesMax = 64;

struct Primary {
  store::PageStore store{uint64_t{4} << 20};
  store::PageVfs vfs{store};
  Lsn tail;

  void commit(Session& session) {
    auto sealed = session.take_commit();
    if (!sealed) abort();
    (void)sealed->take_payload();
    tail = next(tail);
    if (!sealed->publish(tail)) abort();
    store.commit(tail);
    session.commit_done();
  }
  // Plays the part of the loop until the session wants input or has ended.
  Need go(Session& session) {
    Facts facts;
    facts.writable = true;
    while (true) {
      session.set_facts(facts);
      const Need need = session.run();
      (void)session.take_output();
      if (need == Need::kWriter) session.grant_writer();
      if (need == Need::kCommit) commit(session);
      if (need == Need::kInput || need == Need::kEnd) return need;
    }
  }
  std::unique_ptr<Session> open() {
    auto session = Session::open(vfs, Settings());
    if (!session) abort();
    wire::pg::Query limit;
    limit.sql = "SET statement_timeout = '300ms'";
    (*session)->push(limit);
    (void)go(**session);
    return std::move(*session);
  }
};

// Plain text is one query; text that begins with a byte 0 is a stream of messages.
void push_all(Session& session, std::string_view bytes) {
  if (bytes.empty() || bytes[0] != '\0') {
    session.push(wire::pg::Query{std::string(bytes.substr(0, bytes.find('\0')))});
    return;
  }
  bytes.remove_prefix(1);
  for (size_t i = 0; i < kMessagesMax; i++) {
    auto message = wire::pg::decode_frontend(bytes, 1 << 16);
    if (!message || !*message) return;
    session.push(std::move((*message)->message));
    bytes.remove_prefix((*message)->consumed);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Primary primary;
  auto session = primary.open();
  session->push(
      wire::pg::Query{"CREATE TABLE t(a INTEGER, b TEXT); BEGIN; INSERT INTO t VALUES(1,'x')"});
  if (primary.go(*session) != Need::kInput) abort();
  const Lsn before = primary.tail;
  push_all(*session, std::string_view(reinterpret_cast<const char*>(data), size));
  const bool lives = primary.go(*session) == Need::kInput;
  if (lives) {
    session->end(std::nullopt);
    if (primary.go(*session) != Need::kEnd) abort();
  }
  session.reset();
  // The row is there only if a record was appended for it.
  auto reader = store::Connection::open(primary.vfs);
  if (!reader) abort();
  int rows = 0;  // stays 0 without the table, whose end took a record, too
  const auto count = [](void* out, int, char**, char**) { return ++*static_cast<int*>(out), 0; };
  (void)sqlite3_exec((*reader)->raw(), "SELECT 1 FROM t", count, &rows, nullptr);
  if (rows > 0 && primary.tail == before) abort();
  return 0;
}

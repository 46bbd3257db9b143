// A session without sockets: messages in, a readable transcript out. The test plays the loop side
// on a group that commits at once, unless it asks to be shown each need.
//
//   "T(a:20 b:25) D(1|x) C(SELECT 1) Z(I)"     E(42601 message)  N(25P01)  1 2 3 n s t(23) I S(k=v)
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/lib/pgwire_client.h"
#include "dbnode/database.h"
#include "dbnode/session.h"

namespace multiaz::dbnode::test {

inline std::string describe(const wire::pg::BackendMessage& message) {
  const std::string body(message.body);
  std::string out(1, message.type);
  if (message.type == 'T') {
    std::string columns;
    const auto described = wire::pg::read_row_description(message.body);
    for (const auto& [name, oid] : *described) {
      columns += (columns.empty() ? "" : " ") + name + ":" + std::to_string(oid);
    }
    return "T(" + columns + ")";
  }
  if (message.type == 'D') {
    std::string values;
    const auto row = wire::pg::read_data_row(message.body);
    for (size_t i = 0; i < row->size(); i++) values += (i ? "|" : "") + (*row)[i].value_or("NULL");
    return "D(" + values + ")";
  }
  if (message.type == 'E' || message.type == 'N') {
    auto fields = wire::pg::read_report(message.body);
    const std::string severity = (*fields)['S'] == "FATAL" ? "FATAL " : "";
    return out + "(" + severity + (*fields)['C'] +
           (message.type == 'E' ? " " + (*fields)['M'] : "") + ")";
  }
  if (message.type == 'C') return "C(" + body.substr(0, body.size() - 1) + ")";
  if (message.type == 'Z') return "Z(" + body + ")";
  if (message.type == 'S') return "S(" + body.substr(0, body.find('\0')) + ")";
  return out;
}

inline std::string transcript(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const auto message = wire::pg::decode_backend(bytes);
    if (!message || !*message) return out + " garbage";
    out += (out.empty() ? "" : " ") + describe(**message);
    bytes.remove_prefix((*message)->consumed);
  }
  return out;
}

// A primary with several sessions.
struct Node {
  explicit Node(uint64_t bytes_max = store::kStoreBytesMaxDefault) : database(bytes_max) {}
  Database database;
  Lsn tail;
};

class Talk {
 public:
  explicit Talk(Node& node, bool writable = true) : node_(node) {
    facts_.writable = writable;
    facts_.role = writable ? "primary" : "learner";
    auto opened = Session::open(node.database.vfs(), Settings());
    EXPECT_TRUE(opened.ok());
    session_ = std::move(*opened);
  }
  ~Talk() {
    if (ended_) return;
    session_->end(std::nullopt);
    while (step() != Need::kEnd) {
    }
  }

  Session& session() { return *session_; }
  Need step() {
    session_->set_facts(facts_);
    const Need need = session_->run();
    ended_ = need == Need::kEnd;
    output_ += session_->take_output();
    return need;
  }
  // Plays the loop side until the session wants input or has ended.
  std::string go() {
    while (true) {
      const Need need = step();
      if (need == Need::kWriter) session_->grant_writer();
      if (need == Need::kCommit) commit();
      if (need == Need::kInput || need == Need::kEnd) return take();
    }
  }
  void commit() {
    auto sealed = session_->take_commit();
    ASSERT_TRUE(sealed);
    node_.tail = next(node_.tail);
    ASSERT_TRUE(sealed->publish(node_.tail));
    node_.database.store().commit(node_.tail);
    session_->commit_done();
  }
  std::string take() { return transcript(std::exchange(output_, {})); }
  void push(wire::pg::FrontendMessage message) { session_->push(std::move(message)); }

  std::string query(const std::string& sql) {
    push(wire::pg::Query{sql});
    return go();
  }
  // Parse, Bind, Describe portal, Execute, Sync: what libpq sends for one statement.
  std::string extended(const std::string& sql, std::vector<std::optional<std::string>> parameters,
                       std::vector<uint32_t> types = {}, int16_t format = 0) {
    push(wire::pg::Parse{"", sql, std::move(types)});
    wire::pg::Bind bind;
    bind.parameters = std::move(parameters);
    bind.result_formats = {format};
    push(std::move(bind));
    push(wire::pg::Describe{wire::pg::What::kPortal, ""});
    push(wire::pg::Execute{"", 0});
    push(wire::pg::Sync{});
    return go();
  }

 private:
  Node& node_;
  Facts facts_;
  std::unique_ptr<Session> session_;
  std::string output_;
  bool ended_ = false;
};

}  // namespace multiaz::dbnode::test

// Journal: the changes that have been executed on a keyspace but are not committed yet, so that
// they can be undone exactly, kept out of snapshots, and hidden from other clients.
//
// Changes collect in the *open record*; seal() closes it under the lsn at which it was appended.
// committed() drops undo information, rollback() uses it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/ids.h"
#include "cachenode/keyspace/dict.h"
#include "cachenode/keyspace/keyspace.h"

namespace multiaz::cachenode {

constexpr char kRecordVersion = 1;  // first byte of a record's payload

class Journal {
 public:
  explicit Journal(Keyspace& keys) : keys_(keys), pending_(keys.seed()) {}

  // --- the open record ---
  // Executes the change as a part of it and returns its undo. REQUIRES: the change fits the
  // contents.
  const Change& execute(Change change);
  bool open() const { return !open_.changes.empty(); }
  // The extent of the open record so far; a mark is a place to revert to.
  struct Mark {
    size_t changes = 0, payload_bytes = 0;
  };
  Mark mark() const { return Mark{open_.changes.size(), payload_.size()}; }
  void revert(Mark mark);
  size_t payload_bytes() const { return payload_.size(); }
  // The open record's bytes, for Group::append. Call seal() or revert() next.
  std::string take_payload();
  // The open record was appended as `lsn`, which may have been committed already.
  void seal(Lsn lsn);

  // --- sealed records ---
  void committed(Lsn lsn);
  // Undoes every record after `lsn`, and the open one. REQUIRES: lsn >= the last committed().
  void rollback(Lsn lsn);
  // To be called when the contents were replaced by the state after `lsn`: all undo information is
  // dropped.
  void forget(Lsn lsn);
  bool empty() const { return sealed_.empty() && !open(); }
  // Bytes of undo information.
  size_t held_bytes() const { return held_bytes_; }
  // The highest uncommitted lsn that touched this key; 0 for none.
  Lsn pending(std::string_view key) const;
  // The highest uncommitted lsn; 0 for none.
  Lsn pending_any() const { return sealed_.empty() ? Lsn() : sealed_.back().lsn; }
  // Runs `fn` while the keyspace shows committed contents only.
  void without_uncommitted(const std::function<void()>& fn);
  // Visits the keys of uncommitted changes, some of them more than once. False when any key may be
  // affected.
  bool uncommitted_keys(const std::function<void(std::string_view key)>& visit) const;

  // Executes a record of another member. REQUIRES: empty(). kCorrupt if it does not fit.
  Status apply(std::string_view payload);

 private:
  struct Record {
    Lsn lsn;
    std::vector<Change> changes;  // executed: each one is its own undo
    size_t held_bytes = 0;
  };
  void exchange_all(std::vector<Change>& changes, bool backwards);
  void note_pending(const Record& record);
  void forget_pending(const Record& record);

  Keyspace& keys_;
  Record open_;
  std::string payload_;
  std::deque<Record> sealed_;
  size_t held_bytes_ = 0;
  Lsn committed_;
  Dict<Lsn> pending_;  // keys of sealed records
  Lsn pending_whole_;  // the last sealed record that touched all keys
};

}  // namespace multiaz::cachenode

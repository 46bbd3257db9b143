// A transaction that SQLite has finished and that no other connection has seen yet.
#pragma once

#include <string>

#include "dbnode/store/page_store.h"

namespace multiaz::dbnode::store {

// Holds the store's writer reservation until it is published or destroyed. When it is destroyed
// unpublished, the connection that made it must be closed, because its cache holds pages that do
// not exist.
class Commit {
 public:
  Commit(PageStore& store, uint64_t generation, WriteSet set, std::string payload)
      : store_(&store),
        generation_(generation),
        set_(std::move(set)),
        payload_(std::move(payload)) {}
  Commit(Commit&& other) noexcept
      : store_(std::exchange(other.store_, nullptr)),
        generation_(other.generation_),
        set_(std::move(other.set_)),
        payload_(std::move(other.payload_)) {}
  Commit& operator=(Commit&&) = delete;
  ~Commit() {
    if (store_) store_->release();
  }

  // The record to append, of at most kCommitBytesMax.
  std::string take_payload() { return std::move(payload_); }
  // False when the store was rolled back or replaced meanwhile: the transaction is then lost.
  bool publish(Lsn lsn) {
    return std::exchange(store_, nullptr)->publish(lsn, generation_, std::move(set_));
  }

 private:
  PageStore* store_;
  uint64_t generation_;
  WriteSet set_;
  std::string payload_;
};

}  // namespace multiaz::dbnode::store

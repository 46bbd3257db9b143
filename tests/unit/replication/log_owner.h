// A log with its owner, which appends, waits for conditions (and never sleeps), and reads back.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <optional>

#include "replication/log/format.h"
#include "replication/log/log.h"
#include "tests/unit/replication/lying_storage.h"

namespace multiaz::replication {

constexpr std::string_view kFolder = "/d";

class Owner {
 public:
  explicit Owner(LogOptions options) {
    options.wake = [this] {
      const std::lock_guard<std::mutex> guard(mutex_);
      woken_ = true;
      changed_.notify_one();
    };
    auto opened = Log::open(std::move(options));
    if (!opened) {
      error = opened.error();
      return;
    }
    log = std::move(*opened);
    log->on_stable = [this](Lsn lsn, Epoch epoch) {
      stable = lsn;
      stable_epoch = epoch;
    };
    log->on_failed = [this](const std::string& reason) { failures.push_back(reason); };
  }

  template <typename Condition>
  bool wait(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (true) {
      log->poll();
      if (condition()) return true;
      std::unique_lock<std::mutex> guard(mutex_);
      if (!changed_.wait_until(guard, limit, [this] { return woken_; })) return false;
      woken_ = false;
    }
  }

  // The records get the texts as payloads; everything before counts as committed.
  void append(std::vector<std::string> payloads, Epoch epoch = Epoch(1)) {
    std::vector<Record> records;
    Lsn lsn = log->tail().lsn;
    uint64_t hash = log->tail().hash;
    for (std::string& payload : payloads) {
      lsn = next(lsn);
      hash = chain_hash(hash, epoch, lsn, payload);
      records.push_back(Record{epoch, lsn, hash, std::move(payload)});
    }
    log->append(std::move(records), stable);
  }

  bool append_stable(std::vector<std::string> payloads, Epoch epoch = Epoch(1)) {
    append(std::move(payloads), epoch);
    log->flush();
    return wait([this] { return stable == log->tail().lsn || !failures.empty(); }) &&
           failures.empty();
  }

  std::vector<std::string> payloads(Lsn first, Lsn last) {
    std::vector<std::string> out;
    while (first <= last) {
      const auto slice = log->read(first, last, 1u << 20);
      if (!slice) return {slice.error().text()};
      for (const Record& record : slice->records) out.push_back(record.payload);
      first = next(slice->records.back().lsn);
    }
    return out;
  }

  bool truncate(Lsn last) {
    bool done = false;
    log->truncate_after(last, [&](Status) { done = true; });
    return wait([&] { return done || !failures.empty(); }) && done;
  }

  bool snapshot(Lsn lsn, std::vector<std::string> chunks) {
    StoredSnapshot snapshot;
    snapshot.mark = *log->mark_at(lsn);
    snapshot.chunks = std::move(chunks);
    std::optional<Status> done;
    log->snapshots().save(std::move(snapshot), [&](Status status) { done = status; });
    return wait([&] { return done.has_value(); }) && done->ok();
  }

  std::unique_ptr<Log> log;
  std::optional<Error> error;
  Lsn stable;
  Epoch stable_epoch;
  std::vector<std::string> failures;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
};

inline std::vector<std::string> numbered(int first, int last) {
  std::vector<std::string> out;
  for (int i = first; i <= last; ++i) out.push_back("record " + std::to_string(i));
  return out;
}

inline LogOptions on(LyingStorage& disk, Durability durability) {
  LogOptions options;
  options.folder = kFolder;
  options.storage = &disk;
  options.durability = durability;
  options.segment_bytes = 600;  // a few records each
  options.recent_bytes_max = 40;
  return options;
}

inline std::string last_segment(LyingStorage& disk) {
  std::string found;
  for (const std::string& path : disk.files()) {
    if (path.find("/log-") != std::string::npos) found = path;
  }
  return found;
}

}  // namespace multiaz::replication

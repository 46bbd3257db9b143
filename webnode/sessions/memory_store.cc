// Sessions in the memory of this process: the course begins with them. They are fast, and gone with
// the instance.
#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

#include "webnode/sessions/store.h"

namespace multiaz::webnode {

namespace {

// beyond it the least recently used session is dropped
constexpr size_t kMemorySessionsMax = 50'000;

struct HeldSession {
  std::optional<User> user;
  std::vector<StoredLine> lines;
  Nanos used_at = 0;
  std::list<std::string>::iterator place;
};

class MemoryStore : public SessionStore {
 public:
  std::string_view name() const override { return "memory"; }

  rt::Task<Result<std::optional<User>>> user(SessionAt& at, Nanos) override {
    const HeldSession* held = find(at.id);
    co_return held ? held->user : std::nullopt;
  }

  rt::Task<Result<std::vector<StoredLine>>> lines(SessionAt& at, Nanos) override {
    const HeldSession* held = find(at.id);
    co_return held ? held->lines : std::vector<StoredLine>();
  }

  rt::Task<Result<GlanceFacts>> glance(SessionAt& at, Nanos) override {
    GlanceFacts facts;
    if (const HeldSession* held = find(at.id)) {
      facts.user = held->user;
      facts.lines = static_cast<int64_t>(held->lines.size());
    }
    co_return facts;
  }

  rt::Task<Result<std::optional<std::string>>> find_line(SessionAt& at, std::string line,
                                                         Nanos) override {
    HeldSession* held = find(at.id);
    const StoredLine* found = held ? line_of(*held, line) : nullptr;
    std::optional<std::string> text;
    if (found) text = found->text;
    co_return text;
  }

  rt::Task<Result<PutNew>> put_new_line(SessionAt& at, StoredLine line, Nanos) override {
    HeldSession& held = find_or_make(at.id);
    PutNew out;
    const StoredLine* there = line_of(held, line.line);
    out.created = there == nullptr;
    out.stored = there ? there->text : line.text;
    if (!there) held.lines.push_back(std::move(line));
    out.lines = static_cast<int64_t>(held.lines.size());
    co_return out;
  }

  rt::Task<Status> put_line(SessionAt& at, StoredLine line, Nanos) override {
    HeldSession& held = find_or_make(at.id);
    if (StoredLine* there = line_of(held, line.line))
      there->text = std::move(line.text);
    else
      held.lines.push_back(std::move(line));
    co_return Status();
  }

  rt::Task<Result<int64_t>> remove_lines(SessionAt& at, std::vector<std::string> names,
                                         Nanos) override {
    HeldSession* held = find(at.id);
    int64_t removed = 0;
    for (const std::string& name : names) {
      if (!held) break;
      removed += static_cast<int64_t>(
          std::erase_if(held->lines, [&](const StoredLine& one) { return one.line == name; }));
    }
    co_return removed;
  }

  rt::Task<Status> change_id(SessionAt& at, std::string new_id, std::optional<User> user,
                             Nanos) override {
    std::vector<StoredLine> lines;
    if (HeldSession* old = find(at.id)) {
      old->user.reset();
      lines = old->lines;
    }
    HeldSession& held = find_or_make(new_id);
    held.user = std::move(user);
    held.lines = std::move(lines);
    at.id = std::move(new_id);
    co_return Status();
  }

 private:
  HeldSession* find(const std::string& id) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return nullptr;
    HeldSession& held = found->second;
    const Nanos now = monotonic_now();
    if (now - held.used_at > static_cast<Nanos>(kSessionTtlS) * kSecond) {
      order_.erase(held.place);
      sessions_.erase(found);
      return nullptr;
    }
    held.used_at = now;
    order_.splice(order_.begin(), order_, held.place);
    return &held;
  }

  HeldSession& find_or_make(const std::string& id) {
    if (HeldSession* held = find(id)) return *held;
    if (sessions_.size() >= kMemorySessionsMax) {
      sessions_.erase(order_.back());
      order_.pop_back();
    }
    order_.push_front(id);
    HeldSession& held = sessions_[id];
    held.place = order_.begin();
    held.used_at = monotonic_now();
    return held;
  }

  static StoredLine* line_of(HeldSession& held, const std::string& name) {
    for (StoredLine& one : held.lines) {
      if (one.line == name) return &one;
    }
    return nullptr;
  }

  std::unordered_map<std::string, HeldSession> sessions_;
  std::list<std::string> order_;  // most recently used first
};

}  // namespace

std::unique_ptr<SessionStore> make_memory_store() {
  return std::make_unique<MemoryStore>();
}

}  // namespace multiaz::webnode

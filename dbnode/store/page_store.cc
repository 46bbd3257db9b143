#include "dbnode/store/page_store.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>

#include "dbnode/store/delta.h"

namespace multiaz::dbnode::store {

using Exclusive = std::unique_lock<std::shared_mutex>;
using Shared = std::shared_lock<std::shared_mutex>;

class PageStore::Newest : public PageReader {
 public:
  explicit Newest(const PageStore& store)
      : store_(store), count_(store.count_at(store.published_)) {}
  void read_base(PageNo page, Page& out) const override {
    const Page* found = page <= count_ ? store_.find(store_.published_, page) : nullptr;
    if (found) {
      out = *found;
    } else {
      out.fill(0);
    }
  }

 private:
  const PageStore& store_;
  const PageNo count_;
};

PageStore::PageStore(uint64_t bytes_max)
    : page_count_max_(static_cast<PageNo>(bytes_max / kPageBytes)) {
  CHECK(bytes_max <= kStoreBytesMaxLimit);
  make_empty();
}

void PageStore::make_empty() {
  chains_.clear();
  chains_.emplace_back().push_back(Version{0, std::make_unique<Page>(first_page())});
  counts_.clear();
  counts_[0] = 1;
  versions_ = 1;
}

View PageStore::pin(Visible which) {
  Exclusive lock(mutex_);
  const uint64_t lsn = which == Visible::kCommitted ? committed_ : published_;
  pins_[lsn].holders++;
  return View{Lsn(lsn), generation()};
}

void PageStore::unpin(const View& view) {
  Exclusive lock(mutex_);
  if (view.generation != generation()) return;  // forget_pins() has removed it already
  const auto it = pins_.find(view.lsn.raw);
  CHECK(it != pins_.end());
  if (--it->second.holders > 0) return;
  const std::vector<Retired> keeps = std::move(it->second.keeps);
  pins_.erase(it);
  for (const Retired& retired : keeps) retire(retired);
}

bool PageStore::read(const View& view, PageNo page, Page& out) const {
  return read_part(view, page, 0, kPageBytes, out.data());
}

bool PageStore::read_part(const View& view, PageNo page, size_t offset, size_t size,
                          void* out) const {
  CHECK(offset + size <= kPageBytes);
  Shared lock(mutex_);
  if (view.generation != generation()) return false;
  const Page* found = page <= count_at(view.lsn.raw) ? find(view.lsn.raw, page) : nullptr;
  if (found) {
    std::memcpy(out, found->data() + offset, size);
  } else {
    std::memset(out, 0, size);
  }
  return true;
}

PageNo PageStore::page_count(const View& view) const {
  Shared lock(mutex_);
  return view.generation == generation() ? count_at(view.lsn.raw) : 0;
}

Reserve PageStore::reserve(const View& view) {
  Exclusive lock(mutex_);
  if (view.generation != generation()) return Reserve::kStale;
  if (reserved_) return Reserve::kBusy;
  if (view.lsn.raw != published_) return Reserve::kOutdated;
  reserved_ = true;
  return Reserve::kGranted;
}

void PageStore::release() {
  Exclusive lock(mutex_);
  CHECK(reserved_);
  reserved_ = false;
}

bool PageStore::publish(Lsn lsn, uint64_t generation, WriteSet set) {
  Exclusive lock(mutex_);
  CHECK(reserved_);
  reserved_ = false;
  if (generation != this->generation()) return false;
  publish_locked(lsn.raw, std::move(set));
  return true;
}

void PageStore::commit(Lsn lsn) {
  Exclusive lock(mutex_);
  commit_target_ = std::max(commit_target_, lsn.raw);
  advance_locked();
}

Status PageStore::apply(Lsn lsn, std::string_view payload) {
  Exclusive lock(mutex_);
  // A replica accepts what its primary could hold, even if its own limit is lower.
  auto set = decode_delta(payload, Newest(*this), kStoreBytesMaxLimit / kPageBytes);
  if (!set) return set.error();
  if (set->base.raw != published_) {
    return Error(Code::kCorrupt, "record " + std::to_string(lsn.raw) + " was made on version " +
                                     std::to_string(set->base.raw) + ", this store is at " +
                                     std::to_string(published_));
  }
  publish_locked(lsn.raw, std::move(*set));
  commit_target_ = std::max(commit_target_, lsn.raw);
  advance_locked();
  return {};
}

void PageStore::rollback(Lsn lsn) {
  Exclusive lock(mutex_);
  CHECK(lsn.raw >= committed_);
  if (lsn.raw >= published_) return;
  generation_.fetch_add(1, std::memory_order_acq_rel);
  forget_pins();
  while (!changes_.empty() && changes_.back().lsn > lsn.raw) {
    for (PageNo page : changes_.back().pages) drop_version(page, changes_.back().lsn);
    changes_.pop_back();
  }
  counts_.erase(counts_.upper_bound(lsn.raw), counts_.end());
  // The next record builds on the newest version that is left, however far back that is.
  published_ = changes_.empty() ? committed_ : changes_.back().lsn;
  commit_target_ = std::min(commit_target_, published_);
}

Lsn PageStore::published() const {
  Shared lock(mutex_);
  return Lsn(published_);
}

Lsn PageStore::committed() const {
  Shared lock(mutex_);
  return Lsn(committed_);
}

size_t PageStore::versions() const {
  Shared lock(mutex_);
  return versions_;
}

const Page* PageStore::find(uint64_t lsn, PageNo page) const {
  if (page == 0 || page > chains_.size()) return nullptr;
  const auto& chain = chains_[page - 1];
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    if (it->lsn <= lsn) return it->bytes.get();
  }
  return nullptr;
}

PageNo PageStore::count_at(uint64_t lsn) const {
  return std::prev(counts_.upper_bound(lsn))->second;
}

void PageStore::publish_locked(uint64_t lsn, WriteSet set) {
  CHECK(lsn > published_);
  Change change{lsn, {}};
  truncate_locked(lsn, set.page_count, change.pages);
  if (chains_.size() < set.page_count) chains_.resize(set.page_count);
  for (auto& [number, bytes] : set.pages) {
    CHECK(number >= 1 && number <= set.page_count);
    chains_[number - 1].push_back(Version{lsn, std::move(bytes)});
    change.pages.push_back(number);
    versions_++;
  }
  if (set.page_count != count_at(published_)) counts_[lsn] = set.page_count;
  changes_.push_back(std::move(change));
  published_ = lsn;
  advance_locked();
}

// Pages beyond the new end get an empty version, so that their old bytes can be freed.
void PageStore::truncate_locked(uint64_t lsn, PageNo count, std::vector<PageNo>& pages) {
  for (PageNo page = count + 1; page <= chains_.size(); page++) {
    auto& chain = chains_[page - 1];
    if (chain.empty() || !chain.back().bytes) continue;
    chain.push_back(Version{lsn, nullptr});
    pages.push_back(page);
    versions_++;
  }
}

void PageStore::advance_locked() {
  while (!changes_.empty() && changes_.front().lsn <= commit_target_) {
    const Change change = std::move(changes_.front());
    changes_.pop_front();
    committed_ = change.lsn;
    for (PageNo page : change.pages) {
      const auto& chain = chains_[page - 1];
      // Versions are committed in order, so the one before was what readers had until now.
      for (size_t i = 1; i < chain.size(); i++) {
        if (chain[i].lsn != change.lsn) continue;
        retire(Retired{page, chain[i - 1].lsn, change.lsn});
        break;
      }
    }
  }
  const uint64_t horizon = pins_.empty() ? committed_ : std::min(committed_, pins_.begin()->first);
  const auto keep = std::prev(counts_.upper_bound(horizon));
  counts_.erase(counts_.begin(), keep);
}

// Gives the version to a pin that can still reach it, or frees it.
void PageStore::retire(const Retired& retired) {
  auto it = pins_.lower_bound(retired.until);
  if (it != pins_.begin() && (--it)->first >= retired.from) {
    it->second.keeps.push_back(retired);
    return;
  }
  drop_version(retired.page, retired.from);
}

void PageStore::drop_version(PageNo page, uint64_t lsn) {
  auto& chain = chains_[page - 1];
  const auto it =
      std::find_if(chain.begin(), chain.end(), [lsn](const Version& v) { return v.lsn == lsn; });
  CHECK(it != chain.end());
  chain.erase(it);
  versions_--;
}

void PageStore::forget_pins() {
  for (const auto& [lsn, pin] : pins_) {
    for (const Retired& retired : pin.keeps) drop_version(retired.page, retired.from);
  }
  pins_.clear();
}

}  // namespace multiaz::dbnode::store

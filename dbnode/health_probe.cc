#include "dbnode/health_probe.h"

#include <functional>
#include <utility>

#include "base/rt/sync.h"

namespace multiaz::dbnode {

using rt::Task;

Status HealthProbe::ask() {
  if (!connection_ || connection_->stale()) {
    auto opened = store::Connection::open(database_.vfs());
    if (!opened) return opened.error();
    connection_ = std::move(*opened);
  }
  const store::MemoryAccount::Scope scope(connection_->memory());
  const Status answered = connection_->execute("SELECT count(*) FROM sqlite_schema");
  // The data was replaced during the query, so it is asked again at the next probe.
  if (!answered && connection_->stale()) return {};
  return answered;
}

Task<void> HealthProbe::run(rt::Stop& stop) {
  while (!stop.requested()) {
    Status answered;
    const std::function<void()> job = [this, &answered] { answered = ask(); };
    asked_ = monotonic_now();
    co_await pool_.run(job, Lane::kService);
    asked_ = 0;
    failed_ = answered ? "" : answered.error().text();
    (void)co_await rt::sleep_ms(kProbeEveryMs, stop);
  }
  const std::function<void()> close = [this] { connection_.reset(); };
  co_await pool_.run(close, Lane::kService);
}

std::string HealthProbe::health() const {
  const Nanos waits = asked_ == 0 ? 0 : monotonic_now() - asked_;
  if (waits > kProbeLateMs * kMillisecond) {
    return "the health query has had no answer for " + std::to_string(waits / kMillisecond) + " ms";
  }
  return failed_.empty() ? "healthy" : "the health query fails: " + failed_;
}

}  // namespace multiaz::dbnode

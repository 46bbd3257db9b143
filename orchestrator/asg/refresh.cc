#include "orchestrator/asg/refresh.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace multiaz::orchestrator {

namespace {

double share(uint64_t errors, uint64_t requests) {
  return requests == 0 ? 0 : static_cast<double>(errors) / static_cast<double>(requests);
}

// Its port does not answer yet. It may still be starting, for which it has limits.start_ms.
bool silent_start(const RefreshFacts& one) {
  return !one.has_served && !one.unhealthy.starts_with("Target.ResponseCodeMismatch");
}

// Why a new instance has failed; "" = it has not, so far.
std::string trouble(const RefreshFacts& one, double others_share, const RefreshLimits& limits) {
  const std::string& id = one.member.id;
  if (one.deaths >= limits.deaths) {
    return id + " ended " + std::to_string(one.deaths) + " times";
  }
  if (!one.unhealthy.empty() && !silent_start(one)) return id + " is unhealthy: " + one.unhealthy;
  if (!one.member.in_service && one.pending_ms >= limits.start_ms) {
    return id + " is not in service after " + std::to_string(one.pending_ms) + " ms";
  }
  const double mine = share(one.errors_5xx, one.requests);
  if (one.requests >= limits.requests_min && mine > limits.errors_share &&
      others_share <= mine / 2) {
    return id + " answered " + std::to_string(one.errors_5xx) + " of " +
           std::to_string(one.requests) + " requests with 5xx";
  }
  return "";
}

// The share of errors on instances of other versions; nothing when they had too few requests.
std::optional<double> old_share(const Refresh& refresh, const std::vector<RefreshFacts>& facts,
                                const RefreshLimits& limits) {
  uint64_t requests = 0, errors = 0;
  for (const RefreshFacts& one : facts) {
    if (one.member.version == refresh.to) continue;
    requests += one.requests;
    errors += one.errors_5xx;
  }
  if (requests < limits.requests_min) return std::nullopt;
  return share(errors, requests);
}

}  // namespace

std::string_view to_string(RefreshStatus status) {
  switch (status) {
    case RefreshStatus::kNone: return "None";
    case RefreshStatus::kInProgress: return "InProgress";
    case RefreshStatus::kSuccessful: return "Successful";
    case RefreshStatus::kFailed: return "Failed";
    case RefreshStatus::kCancelled: return "Cancelled";
    case RefreshStatus::kRollbackInProgress: return "RollbackInProgress";
    case RefreshStatus::kRollbackSuccessful: return "RollbackSuccessful";
  }
  return "?";
}

int64_t percent_complete(const Refresh& refresh, const std::vector<RefreshFacts>& facts) {
  const auto done = std::count_if(facts.begin(), facts.end(), [&](const RefreshFacts& one) {
    return one.member.version == refresh.to && one.member.warm;
  });
  const auto all = std::count_if(facts.begin(), facts.end(),
                                 [](const RefreshFacts& one) { return !one.member.leaving; });
  return all == 0 ? 100 : std::min<int64_t>(100, done * 100 / all);
}

Refresh look_at_refresh(const Refresh& refresh, const std::vector<RefreshFacts>& facts,
                        const RefreshLimits& limits) {
  Refresh next = refresh;
  if (!refresh.under_way()) return next;
  // The share is kept, because the last new instances are judged when no old one is left to compare
  // with.
  const auto seen = old_share(refresh, facts, limits);
  if (seen) next.old_errors_percent = static_cast<int64_t>(std::lround(*seen * 100));
  bool complete = true;
  for (const RefreshFacts& one : facts) {
    const bool fresh = one.member.version == refresh.to;
    if (one.member.leaving || !fresh || !one.member.warm) {
      complete = complete && one.member.is_protected && !fresh;
    }
  }
  if (refresh.status == RefreshStatus::kInProgress) {
    const double others = static_cast<double>(next.old_errors_percent) / 100;
    for (const RefreshFacts& one : facts) {
      if (one.member.version != refresh.to || one.member.leaving) continue;
      const std::string why = trouble(one, others, limits);
      if (why.empty()) continue;
      next.reason = why;
      next.status =
          refresh.auto_rollback ? RefreshStatus::kRollbackInProgress : RefreshStatus::kFailed;
      if (refresh.auto_rollback) std::swap(next.from, next.to);
      return next;
    }
  }
  if (!complete) return next;
  next.status = refresh.status == RefreshStatus::kInProgress ? RefreshStatus::kSuccessful
                                                             : RefreshStatus::kRollbackSuccessful;
  return next;
}

}  // namespace multiaz::orchestrator

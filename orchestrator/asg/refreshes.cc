#include "orchestrator/asg/refreshes.h"

#include <algorithm>
#include <utility>

namespace multiaz::orchestrator {

namespace {

constexpr uint64_t kFastStartMs = 10'000;
constexpr uint64_t kAwsStartMs = 600'000;

}  // namespace

int64_t Refreshes::percent() const {
  return percent_complete(group_.settings.refresh, group_.facts());
}

void Refreshes::look() {
  AsgState& settings = group_.settings;
  if (!settings.refresh.under_way()) return;
  RefreshLimits limits;
  limits.start_ms = c_.state.plan.profile == "fast" ? kFastStartMs : kAwsStartMs;
  const RefreshStatus before = settings.refresh.status;
  settings.refresh = look_at_refresh(settings.refresh, group_.facts(), limits);
  const Refresh& refresh = settings.refresh;
  if (refresh.status == before) return;
  if (!refresh.under_way()) settings.refresh.ended = wall_text(c_.now.wall_ms);
  if (refresh.status == RefreshStatus::kRollbackInProgress) settings.version = refresh.to;
  if (refresh.status == RefreshStatus::kFailed) settings.version = refresh.from;
  (void)group_.save();
  note_status(refresh.reason);
}

void Refreshes::note_status(const std::string& cause) {
  const Refresh& refresh = group_.settings.refresh;
  group_.note("refresh", group_.planned().tier,
              "instance refresh " + std::to_string(refresh.number) + " is " +
                  std::string(to_string(refresh.status)),
              cause);
}

void Refreshes::start(uint64_t to, const Deployment& how) {
  Refresh& refresh = group_.settings.refresh;
  refresh.number += 1;
  refresh.status = RefreshStatus::kInProgress;
  refresh.reason.clear();
  refresh.from = group_.settings.version;
  refresh.to = to;
  refresh.min_healthy_percent = how.min_healthy_percent;
  refresh.max_healthy_percent = how.max_healthy_percent;
  refresh.auto_rollback = how.auto_rollback;
  refresh.started = wall_text(c_.now.wall_ms);
  refresh.ended.clear();
  group_.settings.version = to;
  note_status("version " + std::to_string(refresh.from) + " -> " + std::to_string(to));
}

Result<uint64_t> Refreshes::deploy(const Deployment& deployment) {
  if (group_.settings.refresh.under_way()) {
    return Error(Code::kConflict, "InstanceRefreshInProgress: " +
                                      std::string(to_string(group_.settings.refresh.status)));
  }
  const int64_t low = deployment.min_healthy_percent, high = deployment.max_healthy_percent;
  if (low < 0 || low > 100 || high < 100 || high > 200 || high - low > 100) {
    return Error(Code::kInvalid,
                 "min_healthy_percent lies in 0-100 and max_healthy_percent in 100-200, at most "
                 "100 apart");
  }
  PlannedAsg group = group_.planned();
  const LaunchTemplate* current = group.launch_template(group_.settings.version);
  if (!current) {
    return Error(Code::kConflict, "the stored plan has no version " +
                                      std::to_string(group_.settings.version) + " to begin from");
  }
  LaunchTemplate next = *current;
  for (const LaunchTemplate& one : group.templates)
    next.version = std::max(next.version, one.version);
  ++next.version;
  if (deployment.program) next.program = *deployment.program;
  next.flags.insert(next.flags.end(), deployment.flags.begin(), deployment.flags.end());
  for (const auto& [name, value] : deployment.env) {
    if (value)
      next.env[name] = *value;
    else
      next.env.erase(name);
  }
  // Three kinds of templates are kept: those in use, the one that a rollback needs, and the new
  // one.
  std::erase_if(group.templates, [&](const LaunchTemplate& one) {
    return one.version != group_.settings.version &&
           std::none_of(
               c_.state.instances.begin(), c_.state.instances.end(),
               [&](const auto& each) { return each.second.scaled.version == one.version; });
  });
  group.templates.push_back(next);
  const Status planned_now = fleet_.set_asg(std::move(group));
  if (!planned_now) return planned_now.error();
  start(next.version, deployment);
  const Status saved = group_.save();
  if (!saved) return saved.error();
  return next.version;
}

Status Refreshes::cancel() {
  Refresh& refresh = group_.settings.refresh;
  if (!refresh.under_way()) return Error(Code::kConflict, "ActiveInstanceRefreshNotFound");
  refresh.status = RefreshStatus::kCancelled;
  refresh.ended = wall_text(c_.now.wall_ms);
  note_status("ordered");
  return group_.save();
}

Status Refreshes::roll_back() {
  Refresh& refresh = group_.settings.refresh;
  if (refresh.status != RefreshStatus::kInProgress) {
    return Error(Code::kConflict, "ActiveInstanceRefreshNotFound");
  }
  std::swap(refresh.from, refresh.to);
  refresh.status = RefreshStatus::kRollbackInProgress;
  refresh.reason = "ordered";
  group_.settings.version = refresh.to;
  note_status("ordered");
  return group_.save();
}

}  // namespace multiaz::orchestrator

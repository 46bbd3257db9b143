#include "base/rt/hogs.h"

#include <dirent.h>
#include <sys/resource.h>

#include "base/faults/inner_faults.h"

namespace multiaz::rt {

namespace {

uint64_t open_descriptors() {
  uint64_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  if (!folder) return 0;
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

void set_soft_limit(uint64_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void burn(uint32_t percent) {
  const Nanos end = monotonic_now() + kHogSliceMs * kMillisecond * percent / 100;
  while (monotonic_now() < end) continue;
}

}  // namespace

Hogs::~Hogs() {
  if (limit_before_ != 0) set_soft_limit(limit_before_);
}

void Hogs::apply() {
  const bool watched = timer_ && timer_->active();
  if (inner_faults().quiet() && !watched) return;
  if (!timer_) timer_ = std::make_unique<Timer>([this] { tick(); });
  if (!watched) timer_->start(kHogSliceMs, kHogSliceMs);
  hold_memory();
  limit_descriptors();
  const auto power = inner_faults().active("power_loss"_fault);
  if (!power) {
    power_off_at_ = 0;
  } else if (power_off_at_ == 0) {
    power_off_at_ = monotonic_now() + power->amount * kMillisecond;
  }
}

void Hogs::hold_memory() {
  const auto rule = inner_faults().active("memory_hog"_fault);
  const uint64_t bytes = rule ? rule->amount << 20 : 0;
  if (held_.size() == bytes) return;
  std::string().swap(held_);
  held_.assign(bytes, 'x');  // written to, so that the kernel really gives the pages
  if (bytes > 0) inner_faults().count("memory_hog"_fault);
}

void Hogs::limit_descriptors() {
  const auto rule = inner_faults().active("fd_exhaustion"_fault);
  if (rule && limit_before_ == 0) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit_before_ = limit.rlim_cur;
    set_soft_limit(open_descriptors() + rule->amount);
    inner_faults().count("fd_exhaustion"_fault);
  } else if (!rule && limit_before_ != 0) {
    set_soft_limit(limit_before_);
    limit_before_ = 0;
  }
}

void Hogs::tick() {
  const bool more = inner_faults().expire();
  apply();
  if (power_off_at_ != 0 && monotonic_now() >= power_off_at_) inner_faults().lose_power();
  const auto cpu = inner_faults().strikes("cpu_hog"_fault);
  if (cpu) burn(cpu->percent);
  if (!more) timer_->stop();
}

}  // namespace multiaz::rt

#include "base/core/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

namespace multiaz {

namespace {

constexpr uint64_t kUnknownLimit = 1024;  // what a shell usually gives

struct Limits {
  uint64_t at_start = kUnknownLimit;
  uint64_t now = kUnknownLimit;
};

Limits raise() {
  Limits limits;
  rlimit raw{};
  if (::getrlimit(RLIMIT_NOFILE, &raw) != 0) return limits;
  limits.at_start = limits.now = raw.rlim_cur;
  const uint64_t wanted = std::min<uint64_t>(raw.rlim_max, kDescriptorsMax);
  if (wanted <= raw.rlim_cur) return limits;
  raw.rlim_cur = wanted;
  if (::setrlimit(RLIMIT_NOFILE, &raw) == 0) limits.now = wanted;
  return limits;
}

const Limits& limits() {
  static const Limits found = raise();
  return found;
}

}  // namespace

uint64_t descriptor_limit() {
  return limits().now;
}

uint64_t descriptor_limit_at_start() {
  return limits().at_start;
}

size_t clients_within(size_t wanted, size_t descriptors_each, size_t reserve) {
  return clients_that_fit(descriptor_limit(), wanted, descriptors_each, reserve);
}

size_t clients_that_fit(uint64_t limit, size_t wanted, size_t descriptors_each, size_t reserve) {
  const uint64_t kept = std::min<uint64_t>(reserve, limit / 2);
  const uint64_t fit = (limit - kept) / std::max<size_t>(descriptors_each, 1);
  return std::max<size_t>(1, std::min<uint64_t>(wanted, fit));
}

bool is_own_shortage(int error_number) {
  switch (error_number) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRNOTAVAIL: return true;
    default: return false;
  }
}

}  // namespace multiaz

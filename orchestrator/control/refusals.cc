#include "orchestrator/control/refusals.h"

#include <algorithm>

namespace multiaz::orchestrator {

void Refusals::refill(Bucket& bucket, Nanos now) {
  const Nanos every = kRefusalEveryMs * kMillisecond;
  if (bucket.filled_at == 0) bucket.filled_at = now;
  const uint64_t due = (now - bucket.filled_at) / every;
  bucket.filled_at += due * every;
  bucket.left = std::min(kRefusalsAtOnceMax, bucket.left + due);
}

std::optional<std::string> Refusals::refused(Nanos now, const std::string& reason,
                                             const std::string& why) {
  Bucket& bucket = buckets_[reason];
  refill(bucket, now);
  if (bucket.left == 0) {
    ++bucket.untold;
    return std::nullopt;
  }
  --bucket.left;
  std::string text = why;
  if (bucket.untold > 0) text += "; " + std::to_string(bucket.untold) + " more were not told";
  bucket.untold = 0;
  return text;
}

std::optional<std::string> Refusals::tick(Nanos now) {
  for (auto& [reason, bucket] : buckets_) {
    refill(bucket, now);
    if (bucket.untold == 0 || bucket.left == 0) continue;
    --bucket.left;
    const std::string count = std::to_string(bucket.untold);
    bucket.untold = 0;
    return count + " more were refused (" + reason + ")";
  }
  return std::nullopt;
}

}  // namespace multiaz::orchestrator

#include "lb/balance/retry.h"

namespace multiaz::lb {

Verdict after_failure(Failure failure, const Attempts& attempts) {
  Verdict verdict;
  verdict.status = failure == Failure::kConnectTimeout || failure == Failure::kSilent ? 504 : 502;
  switch (failure) {
    case Failure::kRefused:
    case Failure::kConnectTimeout: verdict.again = attempts.connects_failed < kConnectsMax; break;
    case Failure::kLost:
      verdict.again = attempts.idempotent && !attempts.body_consumed && attempts.sends < kSendsMax;
      break;
    case Failure::kShort: verdict.status = 503; break;  // no other target would help
    case Failure::kSilent:
    case Failure::kBroken: break;
  }
  return verdict;
}

bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
         method == "DELETE";
}

}  // namespace multiaz::lb

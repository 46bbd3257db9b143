// The API of a running cluster, as the verbs use it.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/http/client.h"
#include "cli/run_folder.h"

namespace multiaz::cli {

constexpr uint64_t kCallTimeoutMs = 15'000;

class Remote {
 public:
  explicit Remote(ClusterFolder folder);

  // Sends GET when `body` is null, else POST with the token. Errors of the API come with their
  // message and a code that says on which side the mistake is (kInvalid: ours). While the
  // orchestrator is being restarted the call waits a little; kUnavailable then says how it ended.
  rt::Task<Result<std::string>> call(std::string target, const nlohmann::json* body,
                                     uint64_t timeout_ms = kCallTimeoutMs);
  rt::Task<Result<std::string>> get(std::string target) { return call(std::move(target), nullptr); }
  // Sends GET / to the shop and returns whether a page was served.
  rt::Task<bool> shop_serves();
  // Calls `take` with the pieces of an endless answer until the cluster is gone.
  rt::Task<Status> stream(std::string target, std::function<void(std::string_view)> take);

  [[nodiscard]] const ClusterFolder& folder() const { return folder_; }

 private:
  // Waits until an orchestrator runs, fails again and again, or the limit has passed.
  rt::Task<void> wait_for_orchestrator(Nanos limit);
  // kUnavailable, with what the supervisor says about it.
  [[nodiscard]] Error away(const std::string& why) const;

  ClusterFolder folder_;
  http::Client client_;
};

}  // namespace multiaz::cli

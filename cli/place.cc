#include "cli/place.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <cstdio>
#include <optional>

#include "base/core/jsonio.h"
#include "cli/bites.h"
#include "cli/remote.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kProofMsMax = 5'000;
constexpr uint64_t kLastReportMs = 500;  // its last counters are reported a little later

int tell(const Options& options, const Placing& placing, Json answer,
         const std::optional<std::string>& proof, const std::string& why_not) {
  const bool bit = proof.has_value();
  answer["verified"] = bit;
  answer["bit"] = bit;
  answer["proof"] = bit ? *proof : why_not;
  if (options.json) {
    print(jsonio::dump(answer) + "\n");
  } else if (bit) {
    print(placing.what + ": " + coloured(Colour::kGreen, "bit") + ": " + *proof + "\n");
  } else {
    print(placing.what + ": " + coloured(Colour::kRed, "did not bite") + ": " + why_not + "\n");
  }
  return bit ? kExitOk : kExitNotApplied;
}

}  // namespace

rt::Task<int> place_and_prove(Options options, Placing placing, nlohmann::json body) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Remote remote(std::move(*folder));
  BiteWatch watch(remote, placing.kind);
  if (options.wait != "none") co_await watch.begin(placing.targets);
  const auto text = co_await remote.call(placing.route, &body);
  if (!text) co_return exit_code_of(text.error());
  auto answer = jsonio::parse_object<Json>(*text);
  if (!answer) co_return exit_code_of(answer.error());
  if (options.wait == "none") {
    answer->erase("verified");
    (*answer)["bit"] = nullptr;
    print(options.json ? jsonio::dump(*answer) + "\n"
                       : placing.what + ": placed; whether it bites was not looked at\n");
    co_return kExitOk;
  }
  const uint64_t within_ms = std::min(placing.for_ms, kProofMsMax);
  const auto proof = co_await watch.wait(within_ms + kLastReportMs);
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%g s", static_cast<double>(within_ms) / 1000);
  co_return tell(options, placing, std::move(*answer), proof,
                 "placed; nothing met it within " + std::string(seconds) + " (" + watch.counter() +
                     " did not grow)");
}

}  // namespace multiaz::cli

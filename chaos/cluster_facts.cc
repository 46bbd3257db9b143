#include "chaos/cluster_facts.h"

#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"

namespace multiaz::chaos {

namespace {

using Json = nlohmann::json;

Error unreadable(const std::string& what, const std::string& why) {
  return Error(Code::kInternal, what + " is not as expected: " + why);
}

// The address in a URL "scheme://host:port/more".
Result<rt::Address> address_in(const std::string& url) {
  const size_t from = url.find("//") + 2;
  if (from < 2) return Error(Code::kInvalid, "no URL: " + url);
  return rt::parse_address(url.substr(from, url.find('/', from) - from));
}

}  // namespace

std::string ClusterFacts::endpoint(const std::string& wanted) const {
  const auto found = endpoints.find(wanted);
  return found == endpoints.end() ? "" : found->second;
}

std::optional<rt::Address> ClusterFacts::address_of(const std::string& wanted) const {
  const auto address = address_in(endpoint(wanted));
  return address ? std::optional(*address) : std::nullopt;
}

Result<ClusterFacts> read_facts(const std::string& output) {
  constexpr const char* kPrinted = "what `up --json` printed";
  ClusterFacts out;
  const size_t start = output.rfind("\n{");
  out.summary = output.substr(start == std::string::npos ? output.find('{') : start + 1);
  const auto summary = jsonio::parse_object(out.summary);
  if (!summary) return unreadable(kPrinted, summary.error().detail);
  std::string api_url;
  jsonio::Fields<Json> in(*summary);
  in.need("run_dir", out.run_dir).need("token", out.token).need("api", api_url);
  in.may("start_ms", out.start_ms);
  jsonio::Fields<Json> pids(jsonio::members_in(*summary, "pids"));
  pids.need("supervisor", out.supervisor_pid);
  for (const auto& status : {in.status(), pids.status()}) {
    if (!status) return unreadable(kPrinted, status.error().detail);
  }
  for (const auto& [name, url] : jsonio::members_in(*summary, "endpoints").items()) {
    if (url.is_string()) out.endpoints[name] = jsonio::text_or_empty(url);
  }
  out.name = jsonio::text_in(*summary, "name");
  out.shop_url = out.endpoint("shop");
  const auto api = address_in(api_url);
  const auto shop = address_in(out.shop_url);
  if (!api || !shop) return unreadable("the endpoints", out.summary);
  out.api = *api;
  out.shop = *shop;
  return out;
}

}  // namespace multiaz::chaos

#include "cli/authority.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/core/paths.h"
#include "base/core/private_files.h"
#include "base/tls/authority.h"
#include "cli/folder_lock.h"
#include "cli/run_folder.h"

namespace multiaz::cli {

namespace {

constexpr int kZonesMax = 6;
constexpr int kInstancesPerZoneMax = 9;

// The endpoints and the instances of a tier: their last octets, as orchestrator/plan/plan.cc
// chooses them, and their names.
struct Tier {
  const char* name;
  std::vector<int> endpoints;
  int base;  // the last octet of instance k is base + k
  std::vector<std::string> names;
};

const std::vector<Tier>& tiers() {
  static const std::vector<Tier> all = {
      {"lb", {1}, 10, {"shop.multiaz.test", "*.shop.multiaz.test"}},
      {"db", {5, 8}, 50, {"db.multiaz.test", "db-ro.multiaz.test", "primary.db.multiaz.test"}},
      {"cache",
       {6, 7},
       60,
       {"cache.multiaz.test", "cache-ro.multiaz.test", "primary.cache.multiaz.test"}}};
  return all;
}

std::vector<std::string> names_of(const Tier& tier, int octet) {
  std::vector<std::string> out = tier.names;
  const std::string block = "127." + std::to_string(octet) + ".";
  out.insert(out.end(), {"localhost", "127.0.0.1"});
  // Records that `multiaz dns set` adds stand for the load balancers most often.
  if (std::string_view(tier.name) == "lb") out.emplace_back("*.multiaz.test");
  for (const int last : tier.endpoints) out.push_back(block + "0." + std::to_string(last));
  for (int zone = 1; zone <= kZonesMax; ++zone) {
    const std::string letter(1, static_cast<char>('a' + zone - 1));
    for (int k = 1; k <= kInstancesPerZoneMax; ++k) {
      out.push_back(block + std::to_string(zone) + "." + std::to_string(tier.base + k));
      out.push_back(tier.name + ("-" + letter) + std::to_string(k) + ".multiaz.test");
    }
  }
  return out;
}

Result<std::string> authority_folder() {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value && *value ? std::string(value) : std::string();
  };
  if (const std::string chosen = set("MULTIAZ_CA"); !chosen.empty()) {
    return absolute_path(chosen).string();
  }
  if (const std::string state = set("XDG_STATE_HOME"); state.starts_with('/')) {
    return state + "/multiaz/ca";
  }
  if (const std::string home = set("HOME"); home.starts_with('/')) {
    return home + "/.local/state/multiaz/ca";
  }
  return Error(Code::kInvalid,
               "there is no home folder for the certificate authority: set MULTIAZ_CA");
}

}  // namespace

Result<Authority> user_authority() {
  const auto folder = authority_folder();
  if (!folder) return folder.error();
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(*folder).parent_path(), failed);
  if (failed) return Error(Code::kIo, *folder + ": " + failed.message());
  const Status made = make_private_folder(*folder);
  if (!made) return made.error();
  // No other program makes a second authority at the same time.
  const FolderLock lock(*folder);
  const std::string path = *folder + "/authority.pem";
  Authority out;
  out.certificate_path = *folder + "/ca.pem";
  if (path_exists(path)) {
    const auto text = read_file(path);
    if (!text) return text.error();
    out.identity = {*text, *text};
  } else {
    auto fresh = tls::make_authority("multiaz of " + std::to_string(getuid()));
    if (!fresh) return fresh.error();
    const Status kept = write_file(path, fresh->certificates_pem + fresh->key_pem);
    if (!kept) return kept.error();
    out.identity = std::move(*fresh);
  }
  const auto certificate = tls::first_certificate(out.identity.certificates_pem);
  if (!certificate) return Error(Code::kCorrupt, path + ": " + certificate.error().detail);
  const auto shown = read_file(out.certificate_path);
  if (!shown || *shown != *certificate) {
    const Status written = write_file(out.certificate_path, *certificate);
    if (!written) return written.error();
  }
  out.identity.certificates_pem = *certificate;
  return out;
}

Result<std::map<std::string, std::string>> issue_for_cluster(const Authority& authority,
                                                             int octet) {
  std::map<std::string, std::string> out;
  for (const Tier& tier : tiers()) {
    const auto issued = tls::issue_certificate(
        authority.identity, "multiaz " + std::string(tier.name), names_of(tier, octet));
    if (!issued) return issued.error();
    out[std::string(tier.name) + "_certificate"] = issued->certificates_pem;
    out[std::string(tier.name) + "_key"] = issued->key_pem;
  }
  return out;
}

}  // namespace multiaz::cli

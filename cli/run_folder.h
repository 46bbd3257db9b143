// Run folders: where a running cluster keeps its files. There is one for each name below
// $MULTIAZ_RUN or ${XDG_RUNTIME_DIR:-/tmp}/multiaz-UID; only its owner may look inside.
//
//   cluster.json   name, addresses, pid of the supervisor     plan.json      what runs
//   secrets.json   keys, passwords and certificates           token          of the API
//   ca.pem         the authority that its certificates are of
//   supervisor.sock  orchestrator.db  logs/ID.log  data/ID/
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/rt/address.h"

namespace multiaz::cli {

constexpr const char* kDefaultName = "multiaz";

std::string runs_folder();
// kNotFound when there is none yet; kDenied, with advice, when another user could read or change
// it: its contents are not trusted then.
Status check_runs_folder();
// Makes the folder, with the same judgement.
Status make_runs_folder();

// A cluster as its folder describes it.
struct ClusterFolder {
  std::string name, path;
  std::string bin;  // folder of the running daemons
  rt::Address api, shop;
  int supervisor = 0;  // pid of the supervisor
  bool keep = false;  // `down` keeps the data
  std::string token;
};
Status save(const ClusterFolder& folder);
// kNotFound when there is no such folder; kCorrupt when it is unreadable.
Result<ClusterFolder> load_folder(const std::string& name);
// Whether the supervisor of that folder is running (and not another process with the same number).
bool is_running(const ClusterFolder& folder);
// Names of all folders, running or not.
std::vector<std::string> folder_names();

// The running cluster of that name, or the only one. The error says what to do.
Result<ClusterFolder> find_cluster(const std::string& name);

// Creates the folder with logs/, data/, fresh secrets and those that are `given` (certificates).
// kIo names path and reason; nothing is left then.
using NamedSecrets = std::map<std::string, std::string>;
Result<ClusterFolder> create_folder(const std::string& name, const NamedSecrets& given = {});
void remove_folder(const std::string& path);

// Writes a new file of mode 0600 in place of the old one; a link there is not followed.
Status write_file(const std::string& path, const std::string& text);
Result<std::string> read_file(const std::string& path);

}  // namespace multiaz::cli

#include "cli/run_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/core/paths.h"
#include "base/core/private_files.h"
#include "base/core/random.h"
#include "cli/proc.h"

namespace multiaz::cli {

namespace {

constexpr size_t kSocketPathMax = 107;  // the size of sun_path with its final zero

Error io_error(const std::string& path) {
  return Error(Code::kIo, path + ": " + strerror(errno));
}

Status write_secrets(const ClusterFolder& folder, const NamedSecrets& given) {
  nlohmann::ordered_json secrets;
  secrets["cluster_id"] = folder.name + "-" + secret_hex(4);
  secrets["key"] = secret_hex(32);
  secrets["token"] = folder.token;
  secrets["cache_password"] = secret_hex(12);
  secrets["db_password"] = secret_hex(12);
  secrets["cookie_key"] = secret_hex(32);
  secrets["aws_secret"] = secret_hex(20);
  for (const auto& [key, value] : given) secrets[key] = value;
  const Status written = write_file(folder.path + "/secrets.json", jsonio::dump(secrets, 2) + "\n");
  if (!written) return written;
  return write_file(folder.path + "/token", folder.token + "\n");
}

Status fill_folder(const ClusterFolder& folder, const NamedSecrets& given) {
  for (const char* sub : {"", "/logs", "/data"}) {
    const Status made = make_private_folder(folder.path + sub);
    if (!made) return made;
  }
  return write_secrets(folder, given);
}

const char* chosen_folder() {
  const char* chosen = std::getenv("MULTIAZ_RUN");
  return chosen && *chosen ? chosen : nullptr;
}

}  // namespace

std::string runs_folder() {
  if (const char* chosen = chosen_folder()) {
    std::string path = absolute_path(chosen).lexically_normal();
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
  }
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const std::string base = runtime && *runtime ? runtime : "/tmp";
  return base + "/multiaz-" + std::to_string(getuid());
}

// Checks the folder of all run folders. A folder that the user chose may be read by others, but not
// changed; the default one must be closed to others and lie where they cannot exchange it.
Status check_runs_folder() {
  const std::string path = runs_folder();
  if (chosen_folder()) return check_own_folder(path);
  const Status parent = check_parent_folder(std::filesystem::path(path).parent_path());
  return parent ? check_private_folder(path) : parent;
}

// The place is judged before anything is written, so that nothing is made in a refused one.
Status make_runs_folder() {
  const std::string path = runs_folder();
  const auto above = std::filesystem::path(path).parent_path();
  if (chosen_folder()) {
    std::error_code failed;
    std::filesystem::create_directories(above, failed);
    if (failed) return Error(Code::kIo, above.string() + ": " + failed.message());
  } else {
    const Status parent = check_parent_folder(above);
    if (!parent) return parent;
  }
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return io_error(path);
  return check_runs_folder();
}

Status write_file(const std::string& path, const std::string& text) {
  return write_private_file(path, text);
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return io_error(path);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

Status save(const ClusterFolder& folder) {
  nlohmann::ordered_json out;
  out["name"] = folder.name;
  out["run_dir"] = folder.path;
  out["bin"] = folder.bin;
  out["api"] = folder.api.text();
  out["shop"] = folder.shop.text();
  out["supervisor"] = folder.supervisor;
  out["keep"] = folder.keep;
  return write_file(folder.path + "/cluster.json", jsonio::dump(out, 2) + "\n");
}

Result<ClusterFolder> load_folder(const std::string& name) {
  ClusterFolder folder;
  folder.name = name;
  folder.path = runs_folder() + "/" + name;
  Status own = check_runs_folder();
  if (own) own = check_private_folder(folder.path);
  if (!own && own.error().code == Code::kNotFound) {
    return Error(Code::kNotFound, "there is no cluster '" + name + "'");
  }
  if (!own) return own.error();
  const auto text = read_file(folder.path + "/cluster.json");
  if (!text) return Error(Code::kCorrupt, text.error().detail);
  const auto parsed = jsonio::parse(*text);
  if (!parsed)
    return Error(Code::kCorrupt, folder.path + "/cluster.json: " + parsed.error().detail);
  std::string api_text, shop_text;
  jsonio::Fields<nlohmann::json> in(*parsed);
  in.need("bin", folder.bin).need("supervisor", folder.supervisor).need("keep", folder.keep);
  in.need("api", api_text).need("shop", shop_text);
  if (!in.ok()) return Error(Code::kCorrupt, folder.path + "/cluster.json: " + in.error().detail);
  const auto api = rt::parse_address(api_text);
  const auto shop = rt::parse_address(shop_text);
  if (!api || !shop) return Error(Code::kCorrupt, folder.path + "/cluster.json: bad address");
  folder.api = *api;
  folder.shop = *shop;
  const auto token = read_file(folder.path + "/token");
  if (token) folder.token = token->substr(0, token->find('\n'));
  return folder;
}

bool is_running(const ClusterFolder& folder) {
  if (folder.supervisor <= 0) return false;
  const auto facts = look_at(folder.supervisor);
  return facts && argument_of(facts->command, "--dir") == folder.path;
}

std::vector<std::string> folder_names() {
  std::vector<std::string> names;
  for (const auto& entry : entries_of(runs_folder())) {
    if (is_folder(entry)) names.push_back(entry.filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<ClusterFolder> find_cluster(const std::string& name) {
  const Status own = check_runs_folder();
  if (!own && own.error().code != Code::kNotFound) return own.error();
  if (!name.empty()) {
    // Judged by its name: a link to a place that we may not read is no run folder.
    const Status named = check_private_folder(runs_folder() + "/" + name);
    if (!named && named.error().code == Code::kDenied) return named.error();
  }
  std::vector<std::string> running;
  for (const std::string& candidate : folder_names()) {
    const auto folder = load_folder(candidate);
    if (!folder || !is_running(*folder)) continue;
    if (candidate == name) return folder;
    running.push_back(candidate);
  }
  std::string list;
  for (const std::string& one : running) list += (list.empty() ? "" : ", ") + one;
  if (name.empty() && running.size() == 1) return load_folder(running[0]);
  if (running.empty()) {
    return Error(Code::kNotFound,
                 (name.empty() ? "no cluster runs" : "no cluster '" + name + "' runs") +
                     std::string("; start one with: multiaz up"));
  }
  if (!name.empty()) {
    return Error(Code::kNotFound, "no cluster '" + name + "' runs; running: " + list);
  }
  return Error(Code::kInvalid, "several clusters run (" + list + "): choose one with --name");
}

Result<ClusterFolder> create_folder(const std::string& name, const NamedSecrets& given) {
  ClusterFolder folder;
  folder.name = name;
  folder.path = runs_folder() + "/" + name;
  folder.token = secret_hex(24);
  if ((folder.path + "/supervisor.sock").size() > kSocketPathMax) {
    return Error(Code::kInvalid, folder.path +
                                     ": the path is too long for a socket; set "
                                     "MULTIAZ_RUN to a shorter one");
  }
  const Status runs = make_runs_folder();
  if (!runs) return runs.error();
  const Status filled = fill_folder(folder, given);
  if (filled) return folder;
  if (filled.error().code != Code::kDenied) remove_folder(folder.path);
  return filled.error().code == Code::kDenied
             ? filled.error()
             : Error(filled.error().code, "cannot use the run folder: " + filled.error().detail);
}

void remove_folder(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
  // The parent folder is ours, too, unless MULTIAZ_RUN was set. rmdir leaves a folder that is not
  // empty.
  if (!chosen_folder()) rmdir(runs_folder().c_str());
}

}  // namespace multiaz::cli
